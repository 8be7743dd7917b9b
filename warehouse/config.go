package warehouse

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Config says where a lake is. Dir is the data directory of the whole of Dutyflow: the lake lies in Dir/lake, unless
// Location names a bucket, and its SQLite catalog in Dir/catalog.db.
type Config struct {
	Dir      string  `yaml:"-"`        // set from --dir, DUTYFLOW_DIR or the file's own dir
	Zone     string  `yaml:"zone"`     // business zone: local days and months are its; fixed when the lake is created
	Location string  `yaml:"location"` // s3://bucket/prefix keeps the files of the lake in an S3-compatible store; empty: Dir/lake
	S3       S3      `yaml:"s3"`
	Catalog  Catalog `yaml:"catalog"`

	RejectsRawDays int `yaml:"rejects_raw_days"` // after so many days `lake compact` takes the raw bytes out of rejects; 0 keeps them for ever

	Faults Faults `yaml:"-"` // for tests
}

// S3 says how the store of Location is reached. The key comes from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else
// from CredentialsFile, else from the role of the host.
type S3 struct {
	Endpoint        string `yaml:"endpoint"`         // URL of the store, such as https://s3.city.example:9000; empty: Amazon's
	Region          string `yaml:"region"`           // region of the bucket; empty: ask the store
	PathStyle       bool   `yaml:"path_style"`       // address buckets as endpoint/bucket instead of bucket.endpoint; most stores other than Amazon's need it
	CredentialsFile string `yaml:"credentials_file"` // AWS credentials file with the key (default ~/.aws/credentials), if it is not in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
	CacheMB         int    `yaml:"cache_mb"`         // what Dir/cache may hold of the files that were read; files of the last 6 hours stay in any case
}

func (s S3) endpoint() string {
	if s.Endpoint == "" {
		return "https://s3.amazonaws.com"
	}
	return s.Endpoint
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
	return Config{Dir: "./dutyflow-data", Zone: "Asia/Shanghai", Catalog: Catalog{Type: SQLite}, S3: S3{CacheMB: 20 << 10}, RejectsRawDays: 90}
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
	if c.RejectsRawDays < 0 {
		return fmt.Errorf("rejects_raw_days: %d is negative; 0 keeps raw bytes for ever", c.RejectsRawDays)
	}
	if err := c.validateLocation(); err != nil {
		return err
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

func (c Config) validateLocation() error {
	if c.Location == "" {
		return nil
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(c.Location, s3Scheme), "/")
	// Other signs would be written in several ways, and readers of the metadata would look elsewhere.
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./", r)
	}
	odd := strings.ContainsFunc(bucket+prefix, func(r rune) bool { return !plain(r) })
	if !strings.HasPrefix(c.Location, s3Scheme) || bucket == "" || odd || strings.Contains(prefix, "//") {
		return fmt.Errorf("location: %q is not of the form s3://bucket/prefix with letters, digits, - _ and . only", c.Location)
	}
	u, err := url.Parse(c.S3.endpoint())
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("s3.endpoint: %q is not a URL such as https://s3.city.example:9000", c.S3.Endpoint)
	}
	if c.S3.CacheMB < 1 {
		return fmt.Errorf("s3.cache_mb: %d; give the cache room for the files that are read at once", c.S3.CacheMB)
	}
	return nil
}
