package kafkatest

import (
	"context"
	"crypto/sha256"
	_ "embed" // the list of jars
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

//go:embed pom.xml
var pom []byte

// Need skips the test unless it was asked for and can be run. In CI everything must be there.
func Need(t testing.TB) {
	t.Helper()
	if os.Getenv("TEST_KAFKA") == "" {
		t.Skip("needs a real Kafka: run `make test-kafka`")
	}
	for _, program := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not installed; .ci/setup installs it", program)
			}
			t.Skipf("SKIPPED, NOT TESTED ON A REAL KAFKA: %s is not installed (Java 17 or later and Maven are needed)", program)
		}
	}
}

// jars returns the class path of the broker and fetches what it names on first use.
func jars() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(pom)
	dir := filepath.Join(cache, "dutyflow-kafkatest", hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	// Several test programs may want them at once.
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(dir); err == nil {
		return filepath.Join(dir, "*"), nil
	}
	build, err := os.MkdirTemp(filepath.Dir(dir), "fetch-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(build) }() // what is left lies in a cache
	file := filepath.Join(build, "pom.xml")
	if err := os.WriteFile(file, pom, 0o644); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(context.Background(), "mvn", "-q", "-B", "-f", file, "dependency:copy-dependencies", "-DoutputDirectory="+filepath.Join(build, "lib"))
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetch Kafka's jars with Maven: %w\n%s", err, output)
	}
	if err := os.Rename(filepath.Join(build, "lib"), dir); err != nil {
		return "", err
	}
	return filepath.Join(dir, "*"), nil
}
