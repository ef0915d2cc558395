//go:build cgo

package gpu

// #include <stdint.h>
import "C"

import (
	"runtime/cgo"
	"slices"
	"sync"
)

// messageLog collects what the validation layer reports; it has its own lock because the layer reports in the middle of
// calls, from any thread.
type messageLog struct {
	mutex     sync.Mutex
	collected []string
	onMessage func(string)
}

func (l *messageLog) add(text string) {
	l.mutex.Lock()
	l.collected = append(l.collected, text)
	l.mutex.Unlock()
	if l.onMessage != nil {
		l.onMessage(text)
	}
}

func (l *messageLog) all() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.Clone(l.collected)
}

//export spikegradGPUMessage
func spikegradGPUMessage(log C.uintptr_t, text *C.char) {
	cgo.Handle(log).Value().(*messageLog).add(C.GoString(text))
}
