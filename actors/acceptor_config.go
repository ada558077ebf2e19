package actors

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// Defaults of AcceptorConfig, where a field is zero.
const (
	DefaultFirstTimeout  = 10 * time.Second
	DefaultMaxSessions   = 10_000
	DefaultMaxHandshakes = 256
)

// AcceptorConfig is what an acceptor is made of: the listening side, whose peers
// connect to it. Fields that are zero get the default that their comment names.
type AcceptorConfig struct {
	// Name tells the acceptor from others of its manager: 1 to 64 letters, digits,
	// dots, hyphens and underscores. Required.
	Name string

	// Addr is where to listen, "host:port"; an empty host means all addresses, port
	// 0 one that is free. Required, unless Listener is set.
	Addr string
	// Listener is listened on instead. It is the acceptor's from here on, which
	// closes it, also when Listen fails. A panic of it is recovered and counted.
	Listener net.Listener

	// TLS, when set, is used for every connection, with TLS 1.2 as the least
	// version unless it names a higher one. It needs certificates, from itself or
	// from TLSFiles. It is cloned.
	TLS *tls.Config
	// TLSFiles, when set, fill what TLS leaves open; they are read when the acceptor
	// is made, and again when one has changed by the time of a handshake. Cert and Key
	// are the acceptor's own. With CA, peers must have a certificate that chains to it.
	// ServerName is not used, and must be empty.
	TLSFiles TLSFiles
	// TLSTimeout is the longest that a TLS handshake may take; 0 means 10 s.
	TLSTimeout time.Duration

	// Session is what each session is made of: specification, framing, handler,
	// time-outs, keys, limits, hooks. Name, Accept, OnSecond, Scope, SignOnScope,
	// OnDisconnect but for Settle, and what is about connecting (Addrs, LocalAddr, TLS,
	// TLSFiles, Dial, ConnectTimeout, TLSTimeout, Backoff) are not used, and must be left
	// zero. MaxEvents, the hooks (On…) and Logger serve the acceptor and all of its
	// sessions together.
	Session LinkConfig

	// PeerName names the peer of a connection, by its address, its certificate, or
	// its first message (ReadFirst). A link that expects that name (its Accept is
	// this acceptor) gets the connection. Otherwise it becomes a session called
	// "acceptor/name", beside others that may have the same name. A name follows
	// the rule of Name. An error, a panic, or another name refuses the connection; the
	// error is told in events and logs, and must not quote the message.
	// It runs before anything is sent to the peer but the TLS handshake, in a
	// goroutine of its own.
	//
	// Nil: every connection is that of the one link whose Accept is this acceptor;
	// without such a link, or with more than one, sessions are called by their
	// address, "acceptor/192.0.2.1:4711".
	PeerName func(*Peer) (string, error)
	// ReadFirst reads the first message of each connection before PeerName is
	// called, with Session.Framing; it is handled as any other afterwards.
	// Keep-alives before it are skipped.
	ReadFirst bool
	// FirstTimeout is the longest that the first message may take, where it is
	// awaited; 0 means 10 s.
	FirstTimeout time.Duration
	// OnlyLinks refuses connections that no link expects.
	OnlyLinks bool

	// Allow, when it is not empty, are the only addresses that may connect: IPv4 or
	// IPv6, or a range in CIDR notation. Deny are those that may not; it wins. A
	// refused connection is reset before anything was sent.
	Allow []string
	Deny  []string

	// MaxSessions bounds the connections that are open, those in a handshake
	// included; 0 means 10,000. MaxPerAddr bounds those of one address; 0 means
	// MaxSessions. MaxHandshakes bounds those that are not yet sessions (TLS, first
	// message, PeerName); 0 means 256. Beyond a limit a connection is reset at
	// once, and counted.
	MaxSessions   int
	MaxPerAddr    int
	MaxHandshakes int
}

// Peer is one end of a connection as an acceptor sees it, before it is a session.
type Peer struct {
	// Addr is the peer's address, an IPv4 one as such though it came by IPv6; the
	// zero value for a connection that has no IP address.
	Addr netip.AddrPort
	// Remote is the address as the connection has it.
	Remote net.Addr
	// TLS is the state of the connection after its handshake; nil without TLS.
	TLS *tls.ConnectionState
	// First and FirstHeader are the first message, packed, and its header, where
	// ReadFirst asks for it. They must not be changed.
	First       []byte
	FirstHeader []byte

	spec *iso8583.MessageSpec
}

// Format prints the address and the size of the first message, whatever the verb:
// PeerName may print what it is given.
func (p Peer) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink peer (%v, first message of %d bytes)", p.Addr, len(p.First))
}

// LogValue logs what Format prints.
func (p Peer) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(p)) }

// MarshalText gives what Format prints, to encoders that look into what they are
// given.
func (p Peer) MarshalText() ([]byte, error) { return fmt.Append(nil, p), nil }

// CommonName is the subject's common name of the peer's certificate; empty
// without one.
func (p *Peer) CommonName() string {
	if p.TLS == nil || len(p.TLS.PeerCertificates) == 0 {
		return ""
	}
	return p.TLS.PeerCertificates[0].Subject.CommonName
}

// Message unpacks the first message. It returns a *messages.CodecError when it
// cannot be unpacked, or is not there.
func (p *Peer) Message() (*iso8583.Message, error) { return messages.Unpack(p.spec, p.First) }

func (c AcceptorConfig) withDefaults() AcceptorConfig {
	c.TLSTimeout = orDefault(c.TLSTimeout, DefaultTLSTimeout)
	c.FirstTimeout = orDefault(c.FirstTimeout, DefaultFirstTimeout)
	c.MaxSessions = orDefault(c.MaxSessions, DefaultMaxSessions)
	c.MaxPerAddr = orDefault(c.MaxPerAddr, c.MaxSessions)
	c.MaxHandshakes = orDefault(c.MaxHandshakes, DefaultMaxHandshakes)
	c.Session = c.Session.withDefaults()
	return c
}

// Validate reports every fault at once, as *messages.ConfigError joined by
// errors.Join, or nil. Fields that are zero are judged by their default.
func (c AcceptorConfig) Validate() error {
	_, err := c.compile()
	return err
}

// compiled is what an acceptor needs of its configuration.
type compiled struct {
	config AcceptorConfig // with its defaults
	keys   matching
	tls    *tlsSource // nil: plain
	access access
}

func (c AcceptorConfig) compile() (compiled, error) {
	f := faults{link: c.Name}
	f.name(c.Name)
	f.listening(c)
	// A field of Session is named by its place.
	s := faults{link: c.Name, within: "Session."}
	if c.Session.Name != "" || c.Session.Accept != "" || c.Session.OnSecond != Replace {
		s.add("Name, Accept, OnSecond", "are for links")
	}
	if c.Session.Scope != "" || c.Session.OnDisconnect > Settle || c.Session.SignOnScope != PerSession {
		s.add("Scope, OnDisconnect, SignOnScope", "are for links: an expected link (LinkConfig.Accept) may have them")
	}
	s.notConnecting(c.Session, "the peer connects")
	c = c.withDefaults()
	made := compiled{config: c, keys: s.session(c.Session)}
	made.tls = f.tls(c.TLS, c.TLSFiles, true)
	made.access = f.access(c.Allow, c.Deny)
	f.positive("TLSTimeout", c.TLSTimeout)
	f.positive("FirstTimeout", c.FirstTimeout)
	f.atLeastOne("MaxSessions", int64(c.MaxSessions))
	f.atLeastOne("MaxPerAddr", int64(c.MaxPerAddr))
	f.atLeastOne("MaxHandshakes", int64(c.MaxHandshakes))
	if c.MaxPerAddr > c.MaxSessions {
		f.add("MaxPerAddr", "%d is above MaxSessions, %d", c.MaxPerAddr, c.MaxSessions)
	}
	if c.ReadFirst && c.PeerName == nil {
		f.add("ReadFirst", "is for PeerName, which is nil")
	}
	return made, errors.Join(append(f.all, s.all...)...)
}

// listening judges where an acceptor listens.
func (f *faults) listening(c AcceptorConfig) {
	if c.Listener != nil {
		if c.Addr != "" {
			f.add("Addr", "is of no use: Listener is set")
		}
		return
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		f.add("Addr", `%q: give "host:port", or ":port" for all addresses`, c.Addr)
	}
}

// listen opens the listener.
func (c *AcceptorConfig) listen() (net.Listener, error) {
	if c.Listener != nil {
		return c.Listener, nil
	}
	// Keep-alive probes are set for each connection (tune).
	config := net.ListenConfig{KeepAlive: -1}
	return config.Listen(context.Background(), "tcp", c.Addr)
}
