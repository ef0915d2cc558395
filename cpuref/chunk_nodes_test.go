package cpuref

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSumNodes cuts batches anywhere into up to nine parts: their nodes, summed alone and combined,
// have the bits of SumChunks.
func TestSumNodes(t *testing.T) {
	const size = 3
	draw := rand.New(rand.NewPCG(1, 2))
	for count := 1; count <= 70; count++ {
		partial := make([]float32, count*size)
		for i := range partial {
			partial[i] = float32(draw.NormFloat64())
		}
		want := slices.Clone(partial)
		SumChunks(want, count, size, 0, size)
		for range 40 {
			cuts := []int{0, count}
			for range draw.IntN(9) {
				cuts = append(cuts, draw.IntN(count+1))
			}
			slices.Sort(cuts)
			var nodes []ChunkNode
			for i := 1; i < len(cuts); i++ {
				nodes = append(nodes, ChunkNodes(count, cuts[i-1], cuts[i])...)
			}
			var sums [][]float32
			next := 0
			for _, node := range nodes {
				if node.First != next || node.Last <= node.First {
					t.Fatalf("%d chunks cut at %v: nodes %v", count, cuts, nodes)
				}
				next = node.Last
				own := slices.Clone(partial[node.First*size : node.Last*size])
				SumChunks(own, node.Last-node.First, size, 0, size)
				sums = append(sums, own[:size])
			}
			if got := SumNodes(nodes, sums); next != count || !slices.Equal(got, want[:size]) {
				t.Fatalf("%d chunks cut at %v: nodes %v have the sum %v, not %v", count, cuts, nodes, got, want[:size])
			}
		}
	}
}

// TestChunkNodes: a part that is a node gives one, and the nodes of a part are few.
func TestChunkNodes(t *testing.T) {
	for _, c := range []struct {
		count, first, last int
		want               []ChunkNode
	}{
		{13, 0, 13, []ChunkNode{{0, 13}}},
		{13, 8, 13, []ChunkNode{{8, 13}}},
		{13, 0, 12, []ChunkNode{{0, 8}, {8, 12}}},
		{13, 3, 11, []ChunkNode{{3, 4}, {4, 8}, {8, 10}, {10, 11}}},
		{13, 5, 5, nil},
		{1, 0, 1, []ChunkNode{{0, 1}}},
	} {
		if got := ChunkNodes(c.count, c.first, c.last); !slices.Equal(got, c.want) {
			t.Errorf("chunks %d to %d of %d: nodes %v, want %v", c.first, c.last, c.count, got, c.want)
		}
	}
}
