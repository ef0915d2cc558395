// Spikegrad simulates and trains stochastic spiking neural networks.
package main

import (
	"os"

	"spikegrad/host/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
