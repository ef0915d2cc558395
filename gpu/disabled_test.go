//go:build !cgo

package gpu

import (
	"errors"
	"testing"
)

func TestWithoutCGO(t *testing.T) {
	if _, err := Enumerate(); !errors.Is(err, ErrNoCGO) {
		t.Errorf("Enumerate: %v", err)
	}
	if _, err := Open(0, Options{}); !errors.Is(err, ErrNoCGO) {
		t.Errorf("Open: %v", err)
	}
}
