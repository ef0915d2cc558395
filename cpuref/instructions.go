package cpuref

// Instructions names the processor instructions that the inner loops use.
func Instructions() string { return "plain loops" }
