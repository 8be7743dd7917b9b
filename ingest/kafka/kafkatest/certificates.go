package kafkatest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificates are files in PEM, made for one broker.
type Certificates struct {
	CA       string // signed the broker's certificate and the client's
	OtherCA  string // signed neither
	Cert     string // a client's
	Key      string // its key
	Stranger string // a client's, of the other CA
	Odd      string // the stranger's key

	server string // key and certificate of the broker in one file
}

// MakeCertificates writes certificates for loopback into dir.
func MakeCertificates(dir string) (Certificates, error) {
	c := Certificates{
		CA: filepath.Join(dir, "ca.pem"), OtherCA: filepath.Join(dir, "other-ca.pem"),
		Cert: filepath.Join(dir, "client.pem"), Key: filepath.Join(dir, "client.key"),
		Stranger: filepath.Join(dir, "stranger.pem"), Odd: filepath.Join(dir, "stranger.key"),
		server: filepath.Join(dir, "server.pem"),
	}
	ca, err := newAuthority("kafkatest")
	if err != nil {
		return c, err
	}
	other, err := newAuthority("somebody else")
	if err != nil {
		return c, err
	}
	files := map[string][]byte{c.CA: ca.pem, c.OtherCA: other.pem}
	for _, leaf := range []struct {
		by              *authority
		name, cert, key string
	}{{ca, "broker", c.server, c.server}, {ca, User, c.Cert, c.Key}, {other, "stranger", c.Stranger, c.Odd}} {
		cert, key, err := leaf.by.issue(leaf.name)
		if err != nil {
			return c, err
		}
		files[leaf.key] = append(files[leaf.key], key...)
		files[leaf.cert] = append(files[leaf.cert], cert...)
	}
	for path, text := range files {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return c, err
		}
	}
	return c, nil
}

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate(name, 1)
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{cert: cert, key: key, pem: encode("CERTIFICATE", der)}, nil
}

// issue makes a certificate for loopback that serves either side.
func (a *authority) issue(name string) (cert, key []byte, err error) {
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := certificate(name, 2)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, own.Public(), a.key)
	if err != nil {
		return nil, nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		return nil, nil, err
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", pkcs8), nil
}

func certificate(name string, serial int64) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
	}
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
