package transform

import (
	"fmt"
	"time"
)

// Config are the settings of the transform.
type Config struct {
	MemoryLimitMB int           `yaml:"memory_limit_mb"` // what DuckDB may hold before it spills to disk
	Threads       int           `yaml:"threads"`         // 0: all cores
	Keep          int           `yaml:"keep"`            // versions kept, the current one included
	Grace         time.Duration `yaml:"grace"`           // how long a part outlives the last version that named it
	PartRows      int64         `yaml:"part_rows"`       // records of the lake that one range of entities holds, about
}

// DefaultConfig returns the settings that fit a host with two cores and 4 GiB.
func DefaultConfig() Config {
	return Config{MemoryLimitMB: 2048, Keep: 5, Grace: 24 * time.Hour, PartRows: 4_000_000}
}

// Validate reports the first setting that cannot work.
func (c Config) Validate() error {
	switch {
	case c.MemoryLimitMB < 256:
		return fmt.Errorf("memory_limit_mb: %d is too little to work in; give 256 or more", c.MemoryLimitMB)
	case c.Threads < 0:
		return fmt.Errorf("threads: %d is negative; 0 uses all cores", c.Threads)
	case c.Keep < 1:
		return fmt.Errorf("keep: %d; at least the current version must be kept", c.Keep)
	case c.Grace < 0:
		return fmt.Errorf("grace: %s is negative", c.Grace)
	case c.PartRows < 1:
		return fmt.Errorf("part_rows: %d; give 1 or more", c.PartRows)
	}
	return nil
}
