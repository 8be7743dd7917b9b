package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/dutyflow/dutyflow/ingest"
)

// Metrics says where the Prometheus metrics are served.
type Metrics struct {
	Listen string `yaml:"listen"` // address of /metrics, /healthz and /readyz, such as 127.0.0.1:9464 or 0.0.0.0:9464; :9464 is the loopback interface; empty serves none
}

// loopback fills in the host that was left out: what nobody asked for is not offered to the network.
func (m Metrics) loopback() (string, error) {
	host, port, err := net.SplitHostPort(m.Listen)
	if err != nil {
		return "", usagef("configuration: metrics.listen: %w; give host:port, such as 127.0.0.1:9464", err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// serveMetrics serves the registry and the ingester's health until the returned function is called.
func serveMetrics(ctx context.Context, cfg Metrics, registry *prometheus.Registry, in *ingest.Ingester, log *slog.Logger) (stop func(), err error) {
	if cfg.Listen == "" {
		return func() {}, nil
	}
	address, err := cfg.loopback()
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics on %s: %w; choose a free address in metrics.listen", address, errors.Unwrap(err))
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.Handle("/healthz", answer(in.Health))
	mux.Handle("/readyz", answer(in.Ready))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { // ends when stop closes the server
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are no longer served", "err", err)
		}
	}()
	log.Info("serving metrics", "address", listener.Addr().String())
	return func() {
		_ = server.Close()
		<-done
	}, nil
}

// answer is 200 and "ok", or 503 and what is wrong.
func answer(check func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := check(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
		fmt.Fprintln(w, "ok")
	})
}
