package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/dutyflow/dutyflow/warehouse"
)

// checkOffline looks at everything that needs no network: each section of the configuration, the files that it names,
// and a lake on this disk.
func (a *app) checkOffline(ctx context.Context, c *checkup) {
	c.good("configuration", "zone %s, catalog %s", a.cfg.Lake.Zone, a.cfg.Lake.Catalog.Type)
	a.checkDirectory(c)
	a.checkKafkaConfig(c)
	a.checkMetricsConfig(c)
	remote := a.checkCatalogConfig(c)
	remote = a.checkStoreConfig(c) || remote
	if remote {
		c.absent("lake", "not looked at: it is behind the network")
		return
	}
	lake, err := warehouse.Open(ctx, a.cfg.Lake)
	switch {
	case errors.Is(err, warehouse.ErrNoLake):
		c.absent("lake", "none yet; load, ingest and demo create it")
	case err != nil:
		c.wrong("lake", err)
	default:
		defer lake.Close()
		a.checkLake(ctx, c, lake, false)
	}
}

func (a *app) checkKafkaConfig(c *checkup) {
	k := a.cfg.Kafka
	if len(k.Brokers) == 0 {
		c.absent("brokers", "none configured in kafka.brokers; load and demo bring their own")
		return
	}
	if err := k.Check(); err != nil {
		c.wrong("brokers", fmt.Errorf("configuration: kafka.%w", err))
	} else {
		login := "without login"
		if k.SASL.Mechanism != "" {
			login = fmt.Sprintf("as %s by %s", k.SASL.User, k.SASL.Mechanism)
		}
		secured := ""
		if k.TLS.Enabled {
			secured = " over TLS"
		}
		c.good("brokers", "%s, %s%s; not asked", strings.Join(k.Brokers, ", "), login, secured)
	}
	if err := a.cfg.Ingest.Validate(); err != nil {
		c.wrong("ingest", fmt.Errorf("configuration: ingest.%w", err))
		return
	}
	c.good("ingest", "topics %v from %s", a.cfg.Ingest.Topics.Names(), a.cfg.Ingest.Start)
}

func (a *app) checkMetricsConfig(c *checkup) {
	if a.cfg.Metrics.Listen == "" {
		c.absent("metrics", "not served; metrics.listen names no address")
		return
	}
	address, err := a.cfg.Metrics.loopback()
	if err != nil {
		c.wrong("metrics", err)
		return
	}
	c.good("metrics", "to be served on %s", address)
}

// checkCatalogConfig reports whether the catalog is on another host.
func (a *app) checkCatalogConfig(c *checkup) (remote bool) {
	if a.cfg.Lake.Catalog.Type != warehouse.Postgres {
		return false
	}
	parsed, err := pgx.ParseConfig(a.cfg.Lake.Catalog.DSN) // reads the certificates and the password file that it names
	if err != nil {
		c.wrong("catalog", fmt.Errorf("configuration: lake.catalog.dsn: %w", err))
		return true
	}
	c.good("catalog", "Postgres database %s on %s:%d as %s; not asked", parsed.Database, parsed.Host, parsed.Port, parsed.User)
	return true
}

// checkStoreConfig reports whether the files of the lake are in a store.
func (a *app) checkStoreConfig(c *checkup) (remote bool) {
	if a.cfg.Lake.Location == "" {
		return false
	}
	if file := a.cfg.Lake.S3.CredentialsFile; file != "" {
		if _, err := os.ReadFile(file); err != nil {
			c.wrong("store", fmt.Errorf("configuration: lake.s3.credentials_file: %w", err))
			return true
		}
	}
	c.good("store", "%s; not asked", a.cfg.Lake.Location)
	return true
}
