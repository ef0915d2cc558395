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
	FoldNodes(nodes, func(into, from int) { addRow(sums[into], sums[from]) })
	return sums[0]
}

// FoldNodes puts nodes that make up a whole tree, in ascending order, together in the order of the
// tree: add takes node number from into that which begins with number into, at last all into number 0.
func FoldNodes(nodes []ChunkNode, add func(into, from int)) {
	nodes = append([]ChunkNode(nil), nodes...)
	numbers := make([]int, len(nodes))
	for i := range numbers {
		numbers[i] = i
	}
	for length := 1; len(nodes) > 1; length *= 2 {
		kept := 0
		for i := 0; i < len(nodes); i++ {
			node, number := nodes[i], numbers[i]
			if i+1 < len(nodes) && node.First%(2*length) == 0 && node.Last == node.First+length && nodes[i+1].Last-node.Last <= length {
				add(number, numbers[i+1])
				node.Last = nodes[i+1].Last
				i++
			}
			nodes[kept], numbers[kept] = node, number
			kept++
		}
		nodes, numbers = nodes[:kept], numbers[:kept]
	}
}
