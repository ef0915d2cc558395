package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel runs do(worker, task) once for each task, on the given number of goroutines. Tasks are
// handed out as workers become free, so a task's result must not depend on the worker.
func parallel(workers, tasks int, do func(worker, task int)) {
	workers = min(workers, tasks)
	if workers <= 1 {
		for task := range tasks {
			do(0, task)
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for {
				task := int(next.Add(1)) - 1
				if task >= tasks {
					return
				}
				do(worker, task)
			}
		})
	}
	group.Wait()
}

// workerCount is the number of goroutines asked for, by default one per processor.
func workerCount(asked int) int {
	if asked > 0 {
		return asked
	}
	return runtime.GOMAXPROCS(0)
}
