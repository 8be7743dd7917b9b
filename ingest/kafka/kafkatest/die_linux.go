package kafkatest

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends the broker when the test program is killed and can clean up no more.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
