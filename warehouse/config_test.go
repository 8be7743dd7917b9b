package warehouse_test

import (
	"testing"

	"github.com/dutyflow/dutyflow/warehouse"
)

// The default configuration is right, and a wrong one is refused by the name of the field in the file.
func TestConfig_Validate(t *testing.T) {
	if err := warehouse.DefaultConfig().Validate(); err != nil {
		t.Errorf("default: %v", err)
	}
	for field, change := range map[string]func(*warehouse.Config){
		"dir":              func(c *warehouse.Config) { c.Dir = "" },
		"zone":             func(c *warehouse.Config) { c.Zone = "Beijing" },
		"catalog.type":     func(c *warehouse.Config) { c.Catalog.Type = "mysql" },
		"catalog.dsn":      func(c *warehouse.Config) { c.Catalog.Type = warehouse.Postgres },
		"location":         func(c *warehouse.Config) { c.Location = "s3://履职/lake" },
		"s3.endpoint":      func(c *warehouse.Config) { c.Location, c.S3.Endpoint = "s3://duty", "minio:9000" },
		"rejects_raw_days": func(c *warehouse.Config) { c.RejectsRawDays = -1 },
		"s3.cache_mb":      func(c *warehouse.Config) { c.Location, c.S3.CacheMB = "s3://duty", 0 },
	} {
		cfg := warehouse.DefaultConfig()
		change(&cfg)
		requireMessage(t, cfg.Validate(), field+": ")
	}
	for _, zone := range []string{"", "Local"} {
		cfg := warehouse.DefaultConfig()
		cfg.Zone = zone
		requireMessage(t, cfg.Validate(), "zone: ")
	}
}
