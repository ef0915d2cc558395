package reproduce

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"spikegrad/host/train"
)

// TestJobs: jobs make disjoint parts of the runs, and combining them gives the numbers of a
// comparison made in one go.
func TestJobs(t *testing.T) {
	want, err := tinyComparison(t.TempDir(), 2).run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, made := t.TempDir(), 0
	for number := 1; number <= 3; number++ {
		c := tinyComparison(out, 2)
		w := &starts{}
		c.Observer = func(string) train.Observer { return w }
		c.Job = Job{number, 3}
		found, err := c.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		runs := 0
		for _, m := range found.Methods {
			runs += len(m.Runs)
		}
		if made += runs; runs != w.count || runs < 2 || runs > 3 {
			t.Errorf("job %d made %d runs and returns %d", number, w.count, runs)
		}
		if _, err := os.Stat(filepath.Join(out, "classification.json")); err == nil {
			t.Errorf("job %d wrote the results of all", number)
		}
	}
	c := tinyComparison(out, 2)
	w := &starts{}
	c.Observer = func(string) train.Observer { return w }
	found, err := c.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if made != 8 || w.count != 0 {
		t.Errorf("the jobs made %d runs, and putting them together %d", made, w.count)
	}
	for i := range want.Methods {
		if !reflect.DeepEqual(found.Methods[i].Trained, want.Methods[i].Trained) || !reflect.DeepEqual(found.Methods[i].Other, want.Methods[i].Other) {
			t.Errorf("%s: other numbers", want.Methods[i].Name)
		}
	}
	if !reflect.DeepEqual(found.Differences, want.Differences) {
		t.Errorf("differences %+v, want %+v", found.Differences, want.Differences)
	}
}

func TestParseJob(t *testing.T) {
	for text, want := range map[string]Job{"": {}, "1/1": {1, 1}, "2/5": {2, 5}, "5/5": {5, 5}} {
		if job, err := ParseJob(text); err != nil || job != want {
			t.Errorf("%q: %v, %v", text, job, err)
		}
	}
	for _, text := range []string{"0/5", "6/5", "2", "/", "a/b", "-1/5", "1/0", "2/5/6", "1.5/2"} {
		if job, err := ParseJob(text); err == nil || !strings.Contains(err.Error(), "give I/N") {
			t.Errorf("%q: %v, %v", text, job, err)
		}
	}
}
