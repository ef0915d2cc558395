package main

import "testing"

const oneLog = "noise\n" + marker + "a|one\n\nCompute Shader:\nSGPRs: 128\nVGPRs: 24\nSpilled SGPRs: 0\nSpilled VGPRs: 3\nSubgroups per SIMD: 16\nInverse Throughput: 7262\n" +
	marker + "a|same as before\n\n" +
	marker + "b|two\nSGPRs: 1\nVGPRs: 2\nSpilled SGPRs: 0\nSpilled VGPRs: 0\nSubgroups per SIMD: 8\nInverse Throughput: 5\n"

func TestParse(t *testing.T) {
	all, err := parse(oneLog)
	if err != nil || len(all) != 2 {
		t.Fatalf("parse gave %v, %v; want two pipelines", all, err)
	}
	if a := all[0]; a.kernel != "a" || a.about != "one" || a.stats[statVGPRs] != 24 || a.spills() != 3 {
		t.Errorf("the first is %+v", a)
	}
	if b := all[1]; b.kernel != "b" || b.stats[statSubgroups] != 8 || b.spills() != 0 {
		t.Errorf("the second is %+v", b)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, log := range map[string]string{
		"nothing compiled":  "hello",
		"a number missing":  marker + "a|one\nVGPRs: 24\n",
		"a mark without |":  marker + "a\nVGPRs: 24\n",
		"no numbers at all": marker + "a|one\nCompute Shader:\n",
	} {
		if all, err := parse(log); err == nil {
			t.Errorf("%s: parse gave %v, want an error", name, all)
		}
	}
}
