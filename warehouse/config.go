package warehouse

import (
	"fmt"
	"time"
)

// Config says where a lake is. Dir is the data directory of the whole of Dutyflow: the lake lies in Dir/lake and its
// SQLite catalog in Dir/catalog.db.
type Config struct {
	Dir     string  `yaml:"-"`    // set from --dir, DUTYFLOW_DIR or the file's own dir
	Zone    string  `yaml:"zone"` // business zone: local days and months are its; fixed when the lake is created
	Catalog Catalog `yaml:"catalog"`

	Faults Faults `yaml:"-"` // for tests
}

// Catalog says where the pointers to the current table metadata are kept.
type Catalog struct {
	Type string `yaml:"type"` // sqlite (one host) or postgres (several)
	DSN  string `yaml:"dsn"`  // sqlite: a file, default Dir/catalog.db, and ?_pragma=...; postgres: a connection string
}

// The catalog types.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// DefaultConfig returns a lake in ./dutyflow-data with a SQLite catalog.
func DefaultConfig() Config {
	return Config{Dir: "./dutyflow-data", Zone: "Asia/Shanghai", Catalog: Catalog{Type: SQLite}}
}

// Validate names the first field that cannot be right.
func (c Config) Validate() error {
	if c.Dir == "" {
		return fmt.Errorf("dir: must not be empty")
	}
	if c.Zone == "" || c.Zone == "Local" {
		return fmt.Errorf("zone: %q is not a name of the IANA time zone database, such as Asia/Shanghai", c.Zone)
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		return fmt.Errorf("zone: %q is not a name of the IANA time zone database, such as Asia/Shanghai", c.Zone)
	}
	switch c.Catalog.Type {
	case SQLite:
	case Postgres:
		if c.Catalog.DSN == "" {
			return fmt.Errorf("catalog.dsn: a postgres catalog needs a connection string")
		}
	default:
		return fmt.Errorf("catalog.type: %q is neither %s nor %s", c.Catalog.Type, SQLite, Postgres)
	}
	return nil
}
