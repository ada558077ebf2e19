package actors

import (
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// shown is the state of a link as the outside sees it.
type shown struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change
	status  Status
}

// Status is a snapshot of a link.
type Status struct {
	Name  string
	State messages.State
	// Since is when the state was entered.
	Since time.Time
	// Session is the number of the current or last session; 0 before the first.
	Session uint64
	// Peer is the address of the current or last session: as configured, or as
	// the connection has it where the peer has connected.
	Peer string
	// LastError is why the last session ended or the last attempt failed; nil
	// before the first failure.
	LastError error
	// LastFailed is when that was.
	LastFailed time.Time
	// NextAttempt is when a waiting link connects, Backoff how long it waits in all;
	// zero in other states.
	NextAttempt time.Time
	Backoff     time.Duration
	// TLS is that of the current or last session; nil where it is plain.
	TLS *TLSStatus
	// LastSignOn and LastEcho are when the peer answered the last one well; zero before
	// the first.
	LastSignOn time.Time
	LastEcho   time.Time
	// InFlight counts the sends that have not settled; InFlightBytes their bytes.
	InFlight      int64
	InFlightBytes int64
	// Queued counts what waits to be written: sends, replies to the peer's requests and
	// network management, less what is being written at the moment.
	Queued int64
	// Unhandled counts the peer's requests that wait or are being handled.
	Unhandled int64
	// InDoubt counts the requests in doubt whose late window goes on, those of all
	// links of its scope.
	InDoubt  int64
	Counters Counters
	// Tallies count by message type, in the order in which the types came; see
	// Tally.MTI. Those of a session of an acceptor are the acceptor's.
	Tallies []Tally
	// Latency is of all exchanges, LastMinute of those in the last 60 to 80 s.
	Latency    Latency
	LastMinute Latency
}

// TLSStatus is what a session's TLS connection came to.
type TLSStatus struct {
	Version     string // as "TLS 1.3"
	CipherSuite string // by its standard name
	ServerName  string // that was asked for
	// Peer is the subject of the peer's certificate, and PeerNotAfter when that ends;
	// empty where it has shown none.
	Peer         string
	PeerNotAfter time.Time
}

// tlsStatus is that of a connection; nil where it is plain.
func tlsStatus(conn net.Conn) *TLSStatus {
	c, ok := conn.(*tls.Conn)
	if !ok {
		return nil
	}
	state := c.ConnectionState()
	s := &TLSStatus{
		Version: tls.VersionName(state.Version), CipherSuite: tls.CipherSuiteName(state.CipherSuite), ServerName: state.ServerName,
	}
	if len(state.PeerCertificates) > 0 {
		s.Peer, s.PeerNotAfter = state.PeerCertificates[0].Subject.String(), state.PeerCertificates[0].NotAfter
	}
	return s
}

func (s *shown) init() {
	s.changed = make(chan struct{})
	s.status = Status{State: messages.Waiting, Since: time.Now()}
}

func (s *shown) update(change func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.status)
	close(s.changed)
	s.changed = make(chan struct{})
}

// Status is a snapshot; reading it never touches the data path.
func (r *Record) Status() Status {
	r.shown.mu.Lock()
	s := r.shown.status
	r.shown.mu.Unlock()
	s.Name = r.name
	s.InFlight = r.admitted.Load()
	s.InFlightBytes = r.admittedBytes.Load()
	if session := r.current.Load(); session != nil {
		s.Queued = session.posted.Load() + session.unclaimed.Load()
	}
	s.Unhandled = r.inlet.unhandled()
	s.InDoubt = r.scope.inDoubt.Load()
	s.Counters = r.fold.snapshot(&r.counters)
	s.Tallies = r.tallyBook().snapshot()
	l := r.latency.Load()
	s.Latency, s.LastMinute = l.sinceStart(), l.lastMinute(r.now())
	return s
}

// Changed returns a snapshot and a channel that is closed when it changes
// (counters apart).
func (r *Record) Changed() (Status, <-chan struct{}) {
	r.shown.mu.Lock()
	ch := r.shown.changed
	r.shown.mu.Unlock()
	return r.Status(), ch
}

// show tells the outside of a state, unless it is shown already. Who waits by
// Changed is woken all the same: what it waits for may have been taken back.
func (r *Record) show(to messages.State, reason error) {
	var event *messages.StateChanged
	r.shown.update(func(s *Status) {
		from := s.State
		if reason != nil {
			s.LastError, s.LastFailed = reason, time.Now()
		}
		if from == to {
			return
		}
		s.State, s.Since = to, time.Now()
		if to != messages.Waiting {
			s.NextAttempt, s.Backoff = time.Time{}, 0
		}
		event = &messages.StateChanged{
			Link: r.name, From: from, To: to, Session: s.Session, Reason: reason, At: s.Since,
		}
	})
	if event != nil {
		r.notifier.event(event)
	}
}

// answeredNetwork notes when the peer has answered an exchange of network management
// well.
func (r *Record) answeredNetwork(name string) {
	r.shown.update(func(s *Status) {
		switch name {
		case "SignOn":
			s.LastSignOn = time.Now()
		case "Echo":
			s.LastEcho = time.Now()
		}
	})
}
