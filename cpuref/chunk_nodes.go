package cpuref

// ChunkNode is a node of the tree in which [SumChunks] adds up chunks: the sum of chunks
// First ≤ k < Last.
type ChunkNode struct{ First, Last int }

// ChunkNodes are the largest nodes of the tree over count chunks that make up the chunks
// first ≤ k < last, in ascending order. SumChunks of a node's chunks alone is the sum of the
// node, so that any part of a batch can be summed up somewhere else.
func ChunkNodes(count, first, last int) []ChunkNode {
	var nodes []ChunkNode
	for first < last {
		length := 1
		// Twice as long while it begins where such a node begins, and ends within the part or
		// with the last chunk.
		for first%(2*length) == 0 && (first+2*length <= last || last == count && first+length < count) {
			length *= 2
		}
		end := min(first+length, count)
		nodes = append(nodes, ChunkNode{first, end})
		first = end
	}
	return nodes
}

// SumNodes adds the sums of nodes that make up a whole tree, sums[node], in ascending order,
// into the first one, as [SumChunks] would. The others are overwritten.
func SumNodes[T Float](nodes []ChunkNode, sums [][]T) []T {
	nodes, sums = append([]ChunkNode(nil), nodes...), append([][]T(nil), sums...)
	for length := 1; len(nodes) > 1; length *= 2 {
		kept := 0
		for i := 0; i < len(nodes); i++ {
			node, sum := nodes[i], sums[i]
			if i+1 < len(nodes) && node.First%(2*length) == 0 && node.Last == node.First+length && nodes[i+1].Last-node.Last <= length {
				addRow(sum, sums[i+1])
				node.Last = nodes[i+1].Last
				i++
			}
			nodes[kept], sums[kept] = node, sum
			kept++
		}
		nodes, sums = nodes[:kept], sums[:kept]
	}
	return sums[0]
}
