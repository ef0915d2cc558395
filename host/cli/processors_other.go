//go:build !linux

package cli

// allowedProcessors says nothing here.
func allowedProcessors() []int { return nil }

// onlineProcessors says nothing here.
func onlineProcessors() int { return 0 }
