package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/dutyflow/dutyflow/ingest"
)

// explain turns the error of a first contact into one line with the address and what to do.
func (s *Source) explain(err error) error {
	var (
		addrs   = s.cfg.addrs()
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		alert   tls.AlertError
		network net.Error
		refusal *net.OpError // what crypto/tls makes of an alert of the other side
	)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case refused(err):
		return ingest.Stop(fmt.Errorf("%w: Kafka at %s, user %q, mechanism %q: %w: check kafka.sasl",
			ingest.ErrAuth, addrs, s.cfg.SASL.User, s.cfg.SASL.Mechanism, err))
	case errors.As(err, &record):
		return ingest.Stop(fmt.Errorf("%w: Kafka at %s speaks no TLS: set kafka.tls.enabled to false or use the TLS port", ingest.ErrNoBroker, addrs))
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &alert),
		errors.As(err, &refusal) && refusal.Op == "remote error":
		return ingest.Stop(fmt.Errorf("%w: TLS with Kafka at %s: %w: check kafka.tls", ingest.ErrNoBroker, addrs, err))
	case s.cfg.SASL.Mechanism != "" && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return ingest.Stop(fmt.Errorf("%w: %s closes the connection while user %q logs in with %s: check kafka.sasl and kafka.tls",
			ingest.ErrAuth, addrs, s.cfg.SASL.User, s.cfg.SASL.Mechanism))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ingest.Stop(fmt.Errorf("%w: %s closes the connection: is it a Kafka broker, and does that port want kafka.tls or kafka.sasl?",
			ingest.ErrNoBroker, addrs))
	case s.cfg.TLS.Enabled && errors.As(err, &network) && network.Timeout():
		return ingest.Stop(fmt.Errorf("%w at %s: %w: check kafka.brokers, and whether that port speaks TLS (kafka.tls.enabled)", ingest.ErrNoBroker, addrs, err))
	case errors.As(err, &network), errors.Is(err, context.DeadlineExceeded):
		return ingest.Stop(fmt.Errorf("%w at %s: %w: check kafka.brokers, and that Kafka runs and can be reached from here",
			ingest.ErrNoBroker, addrs, err))
	}
	return ingest.Stop(fmt.Errorf("connect to Kafka at %s: %w", addrs, err))
}

// refused says whether the broker answered that we may not.
func refused(err error) bool {
	for _, code := range []kafkago.Error{
		kafkago.SASLAuthenticationFailed, kafkago.UnsupportedSASLMechanism, kafkago.IllegalSASLState,
		kafkago.TopicAuthorizationFailed, kafkago.GroupAuthorizationFailed, kafkago.ClusterAuthorizationFailed,
	} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}
