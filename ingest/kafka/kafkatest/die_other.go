//go:build !linux

package kafkatest

import "os/exec"

// dieWithParent does nothing where the system has no such service.
func dieWithParent(*exec.Cmd) {}
