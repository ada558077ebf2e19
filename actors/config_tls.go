package actors

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// TLSFiles name PEM files. Before each handshake they are looked at, and read again
// when one has another time, size or identity than before: certificates are rotated
// without a restart, and sessions that there are keep theirs. Files that cannot be
// read, are cut short or do not fit each other change nothing: what was read before
// stays in use, messages.CertificatesFailed tells once a change, and each handshake
// tries again. So they may be replaced one after the other. They should be on a disk
// that answers: a look that hangs holds up its handshake.
type TLSFiles struct {
	// CA holds the certificates that the peer's must chain to; empty means the
	// system's.
	CA string
	// Cert and Key are the client certificate and its key; both or none.
	Cert string
	Key  string
	// ServerName is the name that the peer's certificate must have.
	ServerName string
}

// tlsSource gives each handshake its configuration.
type tlsSource struct {
	base   *tls.Config // what the files fill
	files  TLSFiles
	server bool

	mu     sync.Mutex
	config *tls.Config // in use
	read   fileStamps  // of the files that it was made of
	told   fileStamps  // of those whose fault was told last
}

// tls judges the TLS part of a configuration; server is the end that has to have
// certificates. It returns nil for none.
func (f *faults) tls(config *tls.Config, files TLSFiles, server bool) *tlsSource {
	if config == nil && files == (TLSFiles{}) {
		return nil
	}
	s := &tlsSource{base: &tls.Config{}, files: files, server: server}
	if config != nil {
		s.base = config.Clone()
	}
	if w := s.base.KeyLogWriter; w != nil {
		s.base.KeyLogWriter = keyLog{w}
	}
	s.base.MinVersion = max(s.base.MinVersion, tls.VersionTLS12)
	if s.base.MaxVersion != 0 && s.base.MaxVersion < s.base.MinVersion {
		f.add("TLS", "MaxVersion is below MinVersion, which is at least TLS 1.2: no handshake would succeed")
	}
	if server && files.ServerName != "" {
		f.add("TLSFiles.ServerName", "is for links that connect")
	}
	s.read = files.stamps()
	s.config = s.load(func(field string, err error) { f.add(field, "%v", err) })
	if server && len(s.config.Certificates) == 0 && s.config.GetCertificate == nil && s.config.GetConfigForClient == nil {
		f.add("TLS", "has no certificate: give one in TLS or TLSFiles")
	}
	return s
}

// load makes the configuration, as the files are now; what is wrong with them goes
// to fault.
func (s *tlsSource) load(fault func(field string, err error)) *tls.Config {
	made := s.base.Clone()
	if s.files.CA != "" {
		pool, err := certPool(s.files.CA)
		switch {
		case err != nil:
			fault("TLSFiles.CA", err)
		case !s.server && made.RootCAs == nil:
			made.RootCAs = pool
		case s.server && made.ClientCAs == nil:
			made.ClientCAs = pool
		}
		if s.server && made.ClientAuth == tls.NoClientCert {
			made.ClientAuth = tls.RequireAndVerifyClientCert
		}
	}
	if (s.files.Cert == "") != (s.files.Key == "") {
		fault("TLSFiles", errors.New("give both Cert and Key, or none"))
	} else if s.files.Cert != "" {
		cert, err := keyPair(s.files.Cert, s.files.Key)
		if err != nil {
			fault("TLSFiles.Cert", err)
		}
		if len(made.Certificates) == 0 {
			made.Certificates = []tls.Certificate{cert}
		}
	}
	if made.ServerName == "" {
		made.ServerName = s.files.ServerName
	}
	return made
}

// current is the configuration for a handshake. A fault of changed files goes to
// tell, once.
func (s *tlsSource) current(tell func(error)) *tls.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.files.stamps() // before they are read: a change meanwhile is seen the next time
	if now.same(s.read) {
		return s.config
	}
	var faults []error
	made := s.load(func(field string, err error) { faults = append(faults, fmt.Errorf("%s: %w", field, err)) })
	if faults == nil {
		s.config, s.read = made, now
		return made
	}
	if !now.same(s.told) {
		s.told = now
		tell(errors.Join(faults...))
	}
	return s.config
}

// fileStamps tell whether files have changed: CA, Cert and Key.
type fileStamps [3]fileStamp

// fileStamp is one file's; info is nil where it is not there.
type fileStamp struct {
	info os.FileInfo
	at   time.Time
	size int64
}

func (f TLSFiles) stamps() (all fileStamps) {
	for i, name := range []string{f.CA, f.Cert, f.Key} {
		if name == "" {
			continue
		}
		if info, err := os.Stat(name); err == nil {
			all[i] = fileStamp{info, info.ModTime(), info.Size()}
		}
	}
	return all
}

func (s fileStamps) same(o fileStamps) bool {
	for i, a := range s {
		b := o[i]
		if (a.info == nil) != (b.info == nil) || !a.at.Equal(b.at) || a.size != b.size {
			return false
		}
		if a.info != nil && !os.SameFile(a.info, b.info) {
			return false
		}
	}
	return true
}

// certPool reads the certificates of a file.
func certPool(file string) (*x509.CertPool, error) {
	text, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate in it", file)
	}
	return pool, nil
}

// keyPair reads a certificate, with those that it chains to, and its key.
func keyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := readPEM(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := readPEM(keyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

// readPEM reads a file, unless it is cut short: the certificates behind the first
// would be missing, and nobody would know.
func readPEM(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	blocks := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		blocks++
	}
	if blocks != bytes.Count(text, []byte("-----BEGIN ")) {
		return nil, fmt.Errorf("%s: cut short", file)
	}
	return text, nil
}
