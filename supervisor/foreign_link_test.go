package supervisor_test

import (
	"bufio"
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// foreignHooks are those that observe.
func foreignHooks() map[string]foreign {
	return map[string]foreign{
		"actors.LinkConfig.OnEvent": {where: "OnEvent", change: func(e *ends, f *fault) { e.link.OnEvent = func(messages.Event) { f.strike() } }},
		"actors.LinkConfig.OnState": {where: "OnState", change: func(e *ends, f *fault) {
			e.link.OnState = func(*messages.StateChanged) { f.strike() }
		}},
		"actors.LinkConfig.OnSession": {where: "OnSession", change: func(e *ends, f *fault) {
			e.link.OnSession = func(*messages.SessionChanged) { f.strike() }
		}, do: restart},
		"actors.LinkConfig.OnLate": {where: "OnLate", change: func(e *ends, f *fault) {
			e.link.OnLate = func(*messages.LateReply) { f.strike() }
		}},
		"actors.LinkConfig.OnUnmatched": {where: "OnUnmatched", change: func(e *ends, f *fault) {
			e.link.OnUnmatched = func(*messages.Unmatched) { f.strike() }
		}},
		"actors.LinkConfig.OnError": {where: "OnError", change: func(e *ends, f *fault) {
			e.link.OnError = func(messages.Event) { f.strike() }
			e.link.Handler = func(context.Context, *messages.Inbound) { panic("for OnError") }
			e.link.Handler = failing(f, e.link.Handler)
		}},
		"actors.LinkConfig.Logger": {where: "Logger", change: func(e *ends, f *fault) {
			e.link.Logger = slog.New(strikingHandler{e.log, f})
		}},
		"supervisor.Config.Logger": {where: "Logger", change: func(e *ends, f *fault) {
			e.logger = slog.New(strikingHandler{e.log, f})
		}},
		"actors.LinkConfig.OnEvent: of sessions": {where: "OnEvent", change: func(e *ends, f *fault) {
			e.host.Session.OnEvent = func(messages.Event) { f.strike() }
		}},
	}
}

// failing is a handler as it is while the fault is on; otherwise it answers.
func failing(f *fault, handler func(context.Context, *messages.Inbound)) func(context.Context, *messages.Inbound) {
	return func(ctx context.Context, in *messages.Inbound) {
		if f.off.Load() {
			answering(ctx, in)
			return
		}
		handler(ctx, in)
	}
}

func restart(e *ends) { _ = e.manager.Link("link").Restart(patient(e.t)) }

// strikingHandler is a log handler that fails.
type strikingHandler struct {
	slog.Handler
	fault *fault
}

func (h strikingHandler) Handle(ctx context.Context, r slog.Record) error {
	h.fault.strike()
	return h.Handler.Handle(ctx, r)
}

func (h strikingHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return strikingHandler{h.Handler.WithAttrs(a), h.fault}
}

func (h strikingHandler) WithGroup(name string) slog.Handler {
	return strikingHandler{h.Handler.WithGroup(name), h.fault}
}

// strikingFramer fails at what it reads, or at messages or keep-alives that it writes.
type strikingFramer struct {
	framing.Binary2
	fault         *fault
	reads, writes bool
	keepAlives    *atomic.Int64 // nil: those are written; the first few calls judge the configuration
}

func (s strikingFramer) Append(dst, header, body []byte) ([]byte, error) {
	if s.writes {
		s.fault.strike()
	}
	return s.Binary2.Append(dst, header, body)
}

func (s strikingFramer) AppendKeepAlive(dst []byte) ([]byte, bool) {
	if s.keepAlives != nil && s.keepAlives.Add(1) > 3 {
		s.fault.strike()
	}
	return s.Binary2.AppendKeepAlive(dst)
}

func (s strikingFramer) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	header, body, err = s.Binary2.Read(r, limit)
	if s.reads && err == nil {
		s.fault.strike()
	}
	return header, body, err
}

// strikingEncoding is that of a field of one's own.
type strikingEncoding struct {
	encoding.Encoder
	fault          *fault
	encode, decode bool
}

func (s strikingEncoding) Encode(data []byte) ([]byte, error) {
	if s.encode {
		s.fault.strike()
	}
	return s.Encoder.Encode(data)
}

func (s strikingEncoding) Decode(data []byte, length int) ([]byte, int, error) {
	if s.decode {
		s.fault.strike()
	}
	return s.Encoder.Decode(data, length)
}

// strikingSpec is cardSpec with such a field 48.
func strikingSpec(enc strikingEncoding) *iso8583.MessageSpec {
	enc.Encoder = encoding.ASCII
	made := &iso8583.MessageSpec{Name: "with a field of one's own", Fields: maps.Clone(cardSpec.Fields)}
	made.Fields[48] = field.NewString(&field.Spec{Length: 999, Enc: enc, Pref: prefix.ASCII.LLL})
	return made
}

// foreignMessages are those that make, read and handle messages.
func foreignMessages() map[string]foreign {
	exchange := func(build, check func(*ends, *fault)) func(*ends, *fault) supervisor.NetworkManagement {
		return func(e *ends, f *fault) supervisor.NetworkManagement {
			return supervisor.NetworkManagement{Timeout: time.Second, Build: func() (*iso8583.Message, error) {
				if build != nil {
					build(e, f)
				}
				return newSecretMessage(e.t, "0800", e.nextSTAN()), nil
			}, Check: func(*iso8583.Message) error {
				if check != nil {
					check(e, f)
				}
				return nil
			}}
		}
	}
	strike := func(_ *ends, f *fault) { f.strike() }
	builds, checks, fine := exchange(strike, nil), exchange(nil, strike), exchange(nil, nil)
	pause := func(e *ends) {
		_ = e.manager.Link("link").Pause(within(e.t, 2*time.Second)) // it may be cut short
		require.NoError(e.t, e.manager.Link("link").Resume())
	}
	drop := func(e *ends) *iso8583.Message {
		msg := newSecretMessage(e.t, "0200", 0)
		messages.DropSTAN(msg)
		return msg
	}
	return map[string]foreign{
		"actors.NetworkManagement.Build: SignOn": {where: "SignOn", change: func(e *ends, f *fault) { e.link.SignOn = builds(e, f) }},
		"actors.NetworkManagement.Check: SignOn": {where: "SignOn", change: func(e *ends, f *fault) { e.link.SignOn = checks(e, f) }},
		"actors.NetworkManagement.Build: Then": {where: "SignOn", change: func(e *ends, f *fault) {
			e.link.SignOn = fine(e, f)
			then := builds(e, f)
			then.Timeout = 0
			e.link.SignOn.Then = []supervisor.NetworkManagement{then}
		}},
		"actors.NetworkManagement.Build: SignOff": {where: "SignOff", do: pause, change: func(e *ends, f *fault) {
			e.link.SignOn, e.link.SignOff, e.link.SignOffOnStop = fine(e, f), builds(e, f), true
		}},
		"actors.NetworkManagement.Build: Echo": {where: "Echo", change: func(e *ends, f *fault) {
			e.link.Echo, e.link.IdleTime = builds(e, f), 10*time.Millisecond
		}, do: func(*ends) { time.Sleep(20 * time.Millisecond) }},
		"actors.NetworkManagement.Check: Echo": {where: "Echo", change: func(e *ends, f *fault) {
			e.link.Echo, e.link.IdleTime = checks(e, f), 10*time.Millisecond
		}, do: func(*ends) { time.Sleep(20 * time.Millisecond) }},
		"actors.LinkConfig.Handler": {where: "Handler", change: func(e *ends, f *fault) {
			e.link.Handler = failing(f, func(context.Context, *messages.Inbound) { f.strike() })
		}},
		"actors.LinkConfig.Overload": {where: "Overload", change: func(e *ends, f *fault) {
			e.link.MaxInbound, e.link.Ordered = 1, true
			e.link.Handler = failing(f, func(context.Context, *messages.Inbound) { time.Sleep(5 * time.Millisecond) })
			e.link.Overload = func(in *messages.Inbound) (*iso8583.Message, error) {
				f.strike()
				return in.Message()
			}
		}, do: func(e *ends) {
			for _, s := range e.accepts.Sessions() {
				for range 10 {
					_ = s.PostFrame(within(e.t, time.Second), newSecretFrame(e.t, "0200", e.nextSTAN()))
				}
			}
		}},
		"actors.LinkConfig.Reject": {where: "Reject", change: func(e *ends, f *fault) {
			e.link.Reject = func(*messages.Received) (messages.Key, string, bool) {
				f.strike()
				return messages.Key{}, "", false
			}
		}},
		"actors.LinkConfig.KeyFunc": {where: "KeyFunc", change: func(e *ends, f *fault) {
			reader, err := messages.NewKeyReader(cardSpec, 11)
			require.NoError(e.t, err)
			var calls atomic.Int64
			e.link.KeyFunc = func(r *messages.Received) (messages.Key, error) {
				if calls.Add(1)%2 == 0 {
					f.strike()
				}
				return reader.KeyOf(r)
			}
		}},
		"actors.LinkConfig.Framing: Read":   {where: "Framing", change: func(e *ends, f *fault) { e.link.Framing = strikingFramer{fault: f, reads: true} }},
		"actors.LinkConfig.Framing: Append": {where: "writer", change: func(e *ends, f *fault) { e.link.Framing = strikingFramer{fault: f, writes: true} }},
		"actors.LinkConfig.Framing: keep-alive": {where: "writer", change: func(e *ends, f *fault) {
			e.link.Framing, e.link.SendKeepAlive = strikingFramer{fault: f, keepAlives: new(atomic.Int64)}, 5*time.Millisecond
		}},
		"actors.LinkConfig.Framing: of sessions": {where: "Framing", change: func(e *ends, f *fault) {
			e.host.Session.Framing = strikingFramer{fault: f, reads: true}
		}},
		"actors.LinkConfig.Framing: of first messages": {where: "Framing", change: func(e *ends, f *fault) {
			e.host.Session.Framing, e.host.ReadFirst = strikingFramer{fault: f, reads: true}, true
			e.host.PeerName = func(*supervisor.Peer) (string, error) { return "peer", nil }
		}},
		"iso8583.MessageSpec.Fields: pack": {why: "ErrPack, not sent", change: func(e *ends, f *fault) {
			e.link.Spec = strikingSpec(strikingEncoding{fault: f, encode: true})
		}, do: sendForeign},
		"iso8583.MessageSpec.Fields: unpack": {why: "ErrUnpack, in doubt", change: func(e *ends, f *fault) {
			e.link.Spec = strikingSpec(strikingEncoding{fault: f, decode: true})
		}, do: sendForeign},
		"messages.STANConfig.Store": {where: "STANs", change: func(e *ends, f *fault) {
			var err error
			e.link.STANs, err = messages.NewSTANs(messages.STANConfig{Store: strikingStore{f, new(atomic.Uint64)}, Block: 1})
			require.NoError(e.t, err)
			e.group.STANs = e.link.STANs
		}, do: func(e *ends) {
			if !e.fault.goexit {
				e.manager.System().Root.Send(e.manager.Link("link").PID(), &messages.Send{Message: drop(e)})
			}
			var all sync.WaitGroup
			e.settles(&all, func(ctx context.Context) error { return failed(e.manager.Link("link").Send(ctx, drop(e))) })
			e.settles(&all, func(ctx context.Context) error { return failed(e.manager.Group("all").Send(ctx, drop(e))) })
			all.Wait()
		}},
	}
}

// sendForeign sends messages of the link's own specification.
func sendForeign(e *ends) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		msg := iso8583.NewMessage(e.link.Spec)
		msg.MTI("0200")
		_ = msg.Field(11, stanText(e.nextSTAN()))
		_ = msg.Field(48, "CVV2:957")
		_, err := e.manager.Link("link").Send(within(e.t, time.Second), msg)
		if !e.fault.off.Load() {
			e.page.print(err)
		}
	}()
	<-done
}

// strikingStore is a store of STANs that fails.
type strikingStore struct {
	fault *fault
	next  *atomic.Uint64
}

func (s strikingStore) Reserve(count uint64) (uint64, error) {
	s.fault.strike()
	return s.next.Add(count) - count, nil
}
