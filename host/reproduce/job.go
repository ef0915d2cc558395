package reproduce

import (
	"fmt"
	"strconv"
	"strings"
)

// Job is a part of the runs of a comparison: part Number of Of, counted from 1. The zero
// value stands for all runs.
type Job struct{ Number, Of int }

// ParseJob parses a job written as I/N; empty stands for all.
func ParseJob(text string) (job Job, err error) {
	if text == "" {
		return job, nil
	}
	number, of, _ := strings.Cut(text, "/")
	if job.Number, err = strconv.Atoi(number); err == nil {
		job.Of, err = strconv.Atoi(of)
	}
	if err != nil || job.Number < 1 || job.validate() != nil {
		return Job{}, fmt.Errorf("job %q: give I/N, the I-th of N parts, such as 2/5", text)
	}
	return job, nil
}

func (j Job) validate() error {
	if j != (Job{}) && (j.Number < 1 || j.Number > j.Of) {
		return fmt.Errorf("job %d of %d: must be from 1 to %d", j.Number, j.Of, j.Of)
	}
	return nil
}

// has reports whether a run belongs to the job; runs are assigned in turn.
func (j Job) has(run int) bool { return j.Number == 0 || run%j.Of == j.Number-1 }
