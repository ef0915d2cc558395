package cpuref

// ChunkNode is a node of the tree in which [SumChunks] adds chunks: the sum of chunks
// First ≤ k < Last.
type ChunkNode struct{ First, Last int }

// ChunkNodes returns the largest nodes of the tree over count chunks that make up the chunks
// first ≤ k < last, in ascending order. SumChunks over a node's chunks alone gives the sum of the node,
// so any part of a batch can be summed elsewhere.
func ChunkNodes(count, first, last int) []ChunkNode {
	var nodes []ChunkNode
	for first < last {
		length := 1
		// Double the length while a node of that length begins here and ends within the part, or
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

// SumNodes adds the sums of nodes that make up a whole tree, sums[node], in ascending order, into
// the first one, like [SumChunks]. The others are overwritten.
func SumNodes[T Float](nodes []ChunkNode, sums [][]T) []T {
	FoldNodes(nodes, func(into, from int) { addRow(sums[into], sums[from]) })
	return sums[0]
}

// FoldNodes combines nodes that make up a whole tree, in ascending order, in the order of the tree:
// add adds node number from to the one beginning with number into, finally all into number 0.
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
