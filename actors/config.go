package actors

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math"
	"net"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// LinkConfig is what a link is made of. Fields that are zero get the default
// that their comment names; durations are at most 100 years.
type LinkConfig struct {
	// Name tells the link from others of its manager: 1 to 64 letters, digits,
	// dots, hyphens and underscores. Required.
	Name string

	// Addrs are the peer's addresses, "host:port". One attempt to connect goes
	// through them in turn, starting behind the one used last, until one
	// answers; there is never more than one socket. Required, unless Accept is
	// set.
	Addrs []string

	// LocalAddr is the address to connect from, "host:port", for hosts that admit
	// one address only; port 0 is any. Empty means that the system chooses. It is
	// not used with Dial, and must then be left empty.
	LocalAddr string

	// Accept is set where the peer connects to us: the name of the acceptor
	// (AcceptorConfig) whose PeerName gives this link's name to the peer's
	// connections. The link waits until one comes; the acceptor may be started
	// later. Addrs, LocalAddr, TLS, TLSFiles, Dial, ConnectTimeout, TLSTimeout and Backoff
	// are not used then, and must be left zero.
	Accept string
	// OnSecond says what becomes of another connection of the peer while the link
	// has a session. Zero means Replace.
	OnSecond OnSecond

	// Spec packs requests, unpacks responses and says where the key fields
	// are. Required. It must not be changed while the link lives.
	Spec *iso8583.MessageSpec

	// Framing delimits messages on the stream. Required.
	Framing framing.Framer

	// TLS, when set, is used for every connection, with TLS 1.2 as the least
	// version unless it names a higher one. ServerName is the address's host
	// unless set. It is cloned.
	TLS *tls.Config

	// TLSFiles, when set, fill what TLS leaves open (Certificates, RootCAs,
	// ServerName). They are read when the link is made, and again when one has
	// changed by the time of a handshake; see TLSFiles.
	TLSFiles TLSFiles

	// Dial replaces net.Dialer. The socket options below apply where the
	// connection is a TCP one. It runs in a goroutine of its own; a panic counts
	// as a failed attempt. It must return when its context ends, at ConnectTimeout:
	// until then the link is connecting, and tries nothing else. One that is closed or
	// paused meanwhile does not wait for it (a connection that it still returns is
	// closed).
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// ConnectTimeout is the longest that one address may take to accept; 0
	// means 10 s.
	ConnectTimeout time.Duration
	// TLSTimeout is the longest that a TLS handshake may take; 0 means 10 s.
	TLSTimeout time.Duration
	// SendTimeout is the deadline of a send whose context has no earlier one,
	// from the call to the response; 0 means 30 s.
	SendTimeout time.Duration
	// WriteTimeout is the longest that the peer may take to take what was
	// written, before the session is ended; 0 means 10 s. On Linux it is also
	// the TCP_USER_TIMEOUT: the longest that sent bytes may stay unacknowledged.
	WriteTimeout time.Duration
	// KeepAlive is the period of TCP keep-alive probes; 0 means 30 s, negative
	// switches them off, and 32,767 s, which are Linux's, are the most.
	KeepAlive time.Duration

	// SignOn, when it is configured, is the first exchange of each session, in the
	// state SigningOn: the link is up when it was answered and Check has found
	// nothing. Otherwise the session ends, and it counts as a failure for Backoff.
	SignOn NetworkManagement
	// SignOff is exchanged by Link.SignOff, and with SignOffOnStop before a session
	// that is closed or paused ends; never when it is restarted. Whatever comes of
	// it, the link then is signed off, or the session ends.
	SignOff       NetworkManagement
	SignOffOnStop bool
	// SignOnScope says for whom the link signs on: PerSession, or PerScope, where
	// the first link of Scope that has a session signs on for all of them, and the
	// last one that is signed on signs off. While it signs on, the others wait in the
	// state SigningOn; when it fails, the next one tries. A sign-off of the peer
	// (Inbound.SignedOff) is then for all. Zero means PerSession.
	SignOnScope SignOnScope
	// DrainOrder says what a session with SignOffOnStop does first when it is closed
	// or paused: DrainFirst, or SignOffFirst, for ends whose peer goes on asking until
	// it is told: requests of the peer are handled and answered until it is drained.
	// Zero means DrainFirst.
	DrainOrder DrainOrder
	// Echo is exchanged when nothing was received, or nothing was sent, for
	// IdleTime. A message counts as received when all of it is there. Without an echo,
	// a silent peer is noticed by TCP keep-alive alone. Its Timeout, building included,
	// is when it counts as missed and the next one is sent.
	Echo NetworkManagement
	// IdleTime is how long a link may be silent before it sends an echo; 0
	// means 30 s. It is not used without Echo.
	IdleTime time.Duration
	// MaxMissedEchoes in a row end the session; 0 means 3, and 255 are the most.
	// Any response to a request of ours meanwhile starts the count anew: it shows
	// that both directions work. A silent peer is noticed within IdleTime +
	// MaxMissedEchoes × Echo.Timeout.
	MaxMissedEchoes int

	// SendKeepAlive is how long nothing may have been written in a session, whatever
	// its state, before a keep-alive is: a message of length zero, as the framing has
	// it. It is no send, and takes no slot; KeepAlivesSent counts it. It asks nothing of
	// the peer's application, and so does not count as sent for IdleTime; where Echo is
	// configured, it must be below that. A framing that has no keep-alive
	// (framing.Trailer, messages.MessageFramer) is refused. 0: none is sent.
	SendKeepAlive time.Duration
	// AnswerKeepAlives answers each keep-alive of the peer by one; those that come while
	// an answer waits to be written share it. As many as SendKeepAlive has sent are
	// taken for the answers to those, and not answered: two ends that answer each
	// other come to rest. The rule for the framing is that of SendKeepAlive. False:
	// keep-alives are counted and skipped.
	AnswerKeepAlives bool
	// MaxKeepAlives bounds the keep-alives of the peer within a second, from the first of
	// them on. More end the session (messages.ErrKeepAliveFlood). 0 means 100.
	MaxKeepAlives int
	// ReadIdle is how long nothing may have been received in a session, whatever its
	// state. Keep-alives count as received, a part of a message does not: a peer that
	// sends a byte now and then is silent, and ReadIdle must be above the time that the
	// longest message may take. Then messages.ReadIdle is told, and an echo is sent where
	// Echo is configured: unless a message or a keep-alive comes within Echo.Timeout,
	// the session ends with messages.ErrReadIdle. Without Echo it ends at once. 0: it is
	// not watched.
	//
	// The echoes of IdleTime, in the states Up and SignedOff, go on beside it. They ask
	// whether the peer answers; ReadIdle, whether it is there. With Echo it must be
	// above IdleTime and Echo.Timeout; from IdleTime + MaxMissedEchoes × Echo.Timeout on
	// the echoes end a silent session before, and it serves the other states alone.
	ReadIdle time.Duration

	// Handler gets the requests of the peer, each in a call of its own, MaxHandlers
	// at a time; Inbound's methods answer them. The context ends at the request's
	// deadline, or when a Close that waits for the handler is cut short, not when
	// the session ends: what was received counts. A panic is recovered and counted, and the request
	// stays unanswered. Nil: requests of the peer are counted, and told as
	// Unmatched events.
	Handler func(context.Context, *messages.Inbound)
	// HandleTimeout is how long after a request of the peer was read it may be
	// answered; 0 means 30 s. What waits longer for its handler is dropped and
	// counted.
	HandleTimeout time.Duration
	// MaxHandlers bounds the calls of Handler at the same time; 0 means 64.
	MaxHandlers int
	// MaxInbound bounds the requests of the peer that wait for the handler or are
	// being handled; 0 means 1,024. Those beyond it get Overload's answer.
	MaxInbound int
	// Ordered gives the peer's requests to Handler one after the other, in the
	// order of their arrival; MaxHandlers must then be left zero.
	Ordered bool
	// Overload makes the answer to a request beyond MaxInbound, such as one with
	// response code 91. It is called for one request at a time, behind a queue of
	// MaxInbound more; what does not fit there, or gets neither message nor
	// error, is dropped and counted (RequestsDropped). Nil: all of them are.
	Overload func(*messages.Inbound) (*iso8583.Message, error)

	// Reject recognises the rejects of the peer or its network, which often look
	// like requests: messages.RejectBaseI, RejectVersion9, what RejectAdministrative
	// makes, or a function of one's own. Their senders get messages.ErrRejected, with
	// the code. Which of several messages with the same key it is of, a reject does not
	// say: where an original and its repeat were both written, a first reject settles
	// neither, and is told as messages.Unmatched with its code; one for each settles
	// them. Nil: there are none.
	Reject messages.Rejecter

	// KeyFields are the fields whose values, with the MTI's version, class and
	// function pair, tell requests in flight apart; empty means field 11, the
	// STAN. Fields that hold card data are refused. A message that lacks one has no
	// key (messages.ErrNoKey): a send is refused, a response is nobody's.
	KeyFields []int
	// ClassKeyFields are the key fields of classes that have others than KeyFields. A
	// class is the second digit of the MTI as a character, '0' to '9': {'8': {7, 11}}
	// for network management. Each needs one at least, and the rules of KeyFields hold.
	// Without an entry for '8', the key field of network management is 11 alone
	// (KeyFields, where the specification has no field 11): such messages often lack
	// the others, 41 among them.
	ClassKeyFields map[byte][]int
	// NormalizeKeys is for peers that pad fields 11 and 41 in another way than this end:
	// in keys and in VerifyFields, spaces around their values and zeros in front of them
	// do not count, "000123" is "123" (messages.KeyReader.Normalized). It has no effect
	// on other fields, or on what KeyFunc returns.
	NormalizeKeys bool
	// KeyFunc makes the keys instead: of the header, by messages.HeaderKey, or by a
	// function of one's own. It is called once for every request that is sent, in its
	// caller's goroutine, and for every message of the peer, in the one that reads, so
	// that it must be quick, must not block, and must be safe for concurrent use. Where
	// it fails or panics, the send is refused (not sent, messages.ErrNoKey), and the
	// peer's message is nobody's, or a request without a key; a panic is counted and
	// told too. KeyFields and ClassKeyFields must be left empty. Nil: they make the keys.
	KeyFunc messages.KeyFunc
	// VerifyFields are fields in which a response must agree with the request of its
	// key, where both carry them, such as 7, 37 and 41: one that does not is nobody's
	// (messages.Unmatched, ErrNotItsResponse), and its request goes on waiting. The
	// rules of KeyFields hold. Empty: none; the key alone decides.
	VerifyFields []int
	// STANs gives field 11 to messages that have none: those of Send and Post, and of
	// commands; packed ones are sent as they are. Send takes another one while the
	// key is reserved; what it has given stays in the message, for a reversal. The
	// links of one acquirer and host share one. Where its store fails or panics, the
	// send is refused (not sent); a panic is counted and told too. Nil: none is given.
	STANs *messages.STANs

	// Scope names the scope that the link shares with others of its manager: a
	// response that comes on any of them answers a request that went out on any of
	// them, for hosts that answer on another connection than they were asked on. Their
	// requests in flight and in doubt need different keys, and MaxLate counts those of
	// all. The links of a scope must agree in Spec, in how keys are made and verified,
	// in SendTimeout, LateWindow and SignOnScope. 1 to 64 letters, digits, dots,
	// hyphens and underscores; empty: the link alone.
	Scope string
	// OnDisconnect says what becomes of requests that were written when their session
	// ends: Settle tells their callers at once that they are in doubt, Wait leaves
	// them until their deadline, for a response on another link of the scope or in the
	// link's next session. Zero means Settle, or Wait with Scope. A session that is
	// closed, paused or restarted, and cut short, settles them.
	OnDisconnect OnDisconnect

	// LateWindow is how long the key of a request in doubt stays reserved, and
	// a late reply to it is recognised, counted from when its caller was told;
	// 0 means 1 min. In the worst case, when every request times out, a link
	// can send values ÷ (SendTimeout + LateWindow) requests a second: 999,999
	// STANs and the defaults allow 11,111.
	LateWindow time.Duration

	// MaxInFlight bounds the sends that have not settled; past it they are
	// refused with ErrOverloaded. 0 means 10,000.
	MaxInFlight int
	// MaxQueuedBytes bounds the bytes of the sends that have not settled; 0
	// means 64 MiB.
	MaxQueuedBytes int64
	// MaxLate bounds the requests in doubt that wait for a late reply; past it
	// sends are refused with ErrOverloaded, until entries leave the window. 0
	// means 100,000.
	MaxLate int
	// MaxFrame is the longest frame, header and body, in bytes, that is
	// accepted in either direction; 0 means 65,535.
	MaxFrame int
	// MaxEvents bounds the events that wait for a slow observer; past it they
	// are dropped, counted (Counters.Dropped), and the count is told
	// (messages.EventsDropped). Those of refusals, by their cause, and of requests
	// that were not handled are told once a second at most, with their count. 0 means
	// 1,024.
	MaxEvents int

	// Backoff says when a link that lost its session, or did not get one,
	// tries again.
	Backoff Backoff

	// OnEvent observes the link: see messages.Event. It gets every event, behind the
	// hook for its kind, which is one of those below. All hooks are called one at a
	// time, from one goroutine that no message waits for; what they get is shared with
	// other observers, and must not be changed. A panic is recovered and counted, and
	// keeps no other hook from its call. An event is dropped, and counted, when
	// MaxEvents wait already. Nil: none.
	OnEvent func(messages.Event)
	// OnState gets each change of the link's state. Nil: none.
	OnState func(*messages.StateChanged)
	// OnSession gets the beginning and the end of each session. Nil: none.
	OnSession func(*messages.SessionChanged)
	// OnLate gets each late reply. Nil: none.
	OnLate func(*messages.LateReply)
	// OnUnmatched gets each message of the peer that nobody waits for. Nil: none.
	OnUnmatched func(*messages.Unmatched)
	// OnError gets each event that says that something failed: messages.EchoFailed,
	// ReadIdle, SignFailed, NetworkRefused, RequestsDropped, EventsDropped,
	// CertificatesFailed, Panicked, and of an acceptor Refused and AcceptFailed. A panic
	// of a hook is counted and logged only. Nil: none.
	OnError func(messages.Event)

	// Logger gets state changes and sessions (info), late and unmatched frames, missed
	// echoes and failures of hooks (warn): of each kind (a state that is entered, a cause
	// of refusals, a function that panics …) ten lines a minute, those of an acceptor and
	// all of its sessions together. What is more is counted (Counters.Unlogged), and told
	// by one line when the minute is over. Nil: the actor system's logger.
	Logger *slog.Logger
}

// Validate reports every fault at once, as *messages.ConfigError joined by
// errors.Join, or nil. Fields that are zero are judged by their default.
func (c LinkConfig) Validate() error {
	_, _, err := c.compile()
	return err
}

// compile judges the configuration and makes of it what a link needs: the key
// reader, and where the TLS configuration comes from (nil: plain).
func (c LinkConfig) compile() (matching, *tlsSource, error) {
	f := faults{link: c.Name}
	f.name(c.Name)
	if c.Accept != "" {
		f.accepts(c)
	} else {
		f.addrs(c.Addrs)
		f.localAddr(c)
		if c.OnSecond != Replace {
			f.add("OnSecond", "is for links with Accept")
		}
	}
	f.scope(c)
	f.signOnScope(c)
	c = c.withDefaults()
	f.positive("ConnectTimeout", c.ConnectTimeout)
	f.positive("TLSTimeout", c.TLSTimeout)
	f.backoff(c.Backoff)
	keys := f.session(c)
	source := f.tls(c.TLS, c.TLSFiles, false)
	return keys, source, errors.Join(f.all...)
}

// session judges what links and the sessions of acceptors have in common; c has
// its defaults.
func (f *faults) session(c LinkConfig) matching {
	keys := f.matching(c)
	f.silence(c, f.framing(c.Framing))
	f.positive("SendTimeout", c.SendTimeout)
	f.positive("WriteTimeout", c.WriteTimeout)
	if c.KeepAlive > maxKeepAlive {
		f.add("KeepAlive", "%v: give at most %v, or a negative duration for none", c.KeepAlive, maxKeepAlive)
	}
	f.positive("IdleTime", c.IdleTime)
	f.network("Echo", c.Echo)
	f.network("SignOn", c.SignOn)
	f.network("SignOff", c.SignOff)
	f.signOff(c)
	f.positive("LateWindow", c.LateWindow)
	f.atLeastOne("MaxMissedEchoes", int64(c.MaxMissedEchoes))
	f.atMost("MaxMissedEchoes", int64(c.MaxMissedEchoes), math.MaxUint8)
	f.atLeastOne("MaxInFlight", int64(c.MaxInFlight))
	f.atLeastOne("MaxQueuedBytes", c.MaxQueuedBytes)
	f.atLeastOne("MaxLate", int64(c.MaxLate))
	f.atLeastOne("MaxFrame", int64(c.MaxFrame))
	f.atLeastOne("MaxEvents", int64(c.MaxEvents))
	f.positive("HandleTimeout", c.HandleTimeout)
	f.atLeastOne("MaxHandlers", int64(c.MaxHandlers))
	f.atLeastOne("MaxInbound", int64(c.MaxInbound))
	if c.Ordered && c.MaxHandlers != 1 {
		f.add("MaxHandlers", "%d: leave it zero with Ordered, which handles one request at a time", c.MaxHandlers)
	}
	if c.Overload != nil && c.Handler == nil {
		f.add("Overload", "is for links with a Handler")
	}
	return keys
}
