package main

import (
	"fmt"
	"strings"
)

// page returns the report as Markdown.
func page(all []compiled, predictions []prediction) string {
	var b strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&b, format+"\n", values...) }
	line("# What a GPU's compiler makes of the kernels")
	line("")
	line("Written by `make gpu-report`. Every pipeline that the shapes of `spikegrad bench` need was compiled by Mesa's radv for %s, without such", family)
	line("a GPU; the first table holds the compiler's own numbers. A pipeline that two layers share is listed once. Spills must be 0.")
	line("")
	line("| kernel | for | VGPRs | SGPRs | spilled | LDS bytes | scratch | subgroups per SIMD | instructions | code bytes | latency | inverse throughput |")
	line("|---|---|---|---|---|---|---|---|---|---|---|---|")
	spilled := 0
	for _, c := range all {
		s := c.Stats
		line("| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |", c.Kernel, c.About, s[statVGPRs], s[statSGPRs], c.spills(), s[statLDS],
			s[statScratch], s[statSubgroups], s[statInstructions], s[statCode], s[statLatency], s[statThroughput])
		spilled += c.spills()
	}
	line("")
	line("%d pipelines, %d registers spilled. Latency and inverse throughput are the compiler's estimates in cycles for one subgroup, with guesses of", len(all), spilled)
	line("how often loops run; they serve to compare versions of a kernel and are not times.")
	line("")
	line("## Predicted training steps")
	line("")
	line("**These are predictions; nothing here was measured.** For an %s (%s).", navi21.name, navi21.source)
	line("Bytes and operations are those of `spikegrad bench`: every array once for each kernel that reads or writes it; multiplications and")
	line("additions counted separately, as exactness requires. Roofline: the larger of bytes at %.0f GB/s and operations at %.1f T/s, which kernels cannot beat if nothing stays cached between them. Predicted:", navi21.bandwidth/1e9, navi21.operations()/1e12)
	line("bytes at %.0f %% of the bandwidth and then operations on as many lanes as the narrowest layer fills, or, if that is longer, the steps one after", 100*copyEfficiency)
	line("another (%.0f µs per step and layer, forward and backward; %.0f µs to start a kernel). Share: roofline over prediction.", 1e6*stepLatency, 1e6*launch)
	line("")
	line("| shape | batch | bytes | operations | lanes filled | memory ms | arithmetic ms | steps in turn ms | predicted ms | roofline ms | share | predicted samples/s |")
	line("|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, p := range predictions {
		line("| %s | %d | %.3g | %.3g | %.0f %% | %.3g | %.3g | %.3g | %.3g | %.3g | %.0f %% | %.3g |", &p.shape, p.shape.Samples, p.work.Bytes, p.work.Operations,
			100*p.filling, 1000*p.memory, 1000*p.arithmetic, 1000*p.serial, 1000*p.seconds(), 1000*p.roofline(),
			100*p.roofline()/p.seconds(), float64(p.shape.Samples)/p.seconds())
	}
	return b.String()
}
