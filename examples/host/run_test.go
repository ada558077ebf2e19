package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// program is the host as it runs.
type program struct {
	out, complaints *terminal.Output
	interrupt       context.CancelFunc
	code            chan int
	addr            string
}

// start runs the program on a free port until interrupt or the end of the test.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{out: new(terminal.Output), complaints: new(terminal.Output), interrupt: cancel, code: make(chan int, 1)}
	var running sync.WaitGroup
	running.Go(func() {
		p.code <- command(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), p.out, p.complaints)
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	found, err := p.out.Await(terminal.Patient(t), `(?m)^listening on (\S+) \(`)
	require.NoError(t, err, "%s", p.complaints)
	p.addr = found[1]
	return p
}

// stop interrupts the program and waits for its end.
func (p *program) stop(t *testing.T) (code int) {
	t.Helper()
	p.interrupt()
	select {
	case code := <-p.code:
		return code
	case <-terminal.Patient(t).Done():
		require.FailNow(t, "it does not end")
		return -1
	}
}

// connect starts a link that ends with the test, and waits until it is up.
func connect(t *testing.T, config supervisor.LinkConfig) *supervisor.Link {
	t.Helper()
	config.Name, config.Spec, config.SendTimeout = "link", spec87.Spec, terminal.Patience
	manager, err := supervisor.New(nil, supervisor.Config{
		Links: []supervisor.LinkConfig{config}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, manager.Close(terminal.Patient(t))) })
	require.NoError(t, manager.Link("link").Await(terminal.Patient(t), messages.Up))
	return manager.Link("link")
}

func payment(t *testing.T, number int) []byte {
	t.Helper()
	m := iso8583.NewMessage(spec87.Spec)
	m.MTI("0200")
	for field, value := range map[int]string{
		2: "4111111111111111", traffic.STANField: fmt.Sprintf("%06d", number), traffic.ReferenceField: fmt.Sprintf("%012d", number),
	} {
		require.NoError(t, m.Field(field, value))
	}
	frame, err := messages.Pack(m)
	require.NoError(t, err)
	return frame
}

// exchange sends a payment that must be answered, and returns the response code.
func exchange(t *testing.T, link *supervisor.Link, number int) (code string) {
	t.Helper()
	frame := payment(t, number)
	digest := sha256.Sum256(frame)
	got, err := link.Exchange(terminal.Patient(t), frame)
	require.NoError(t, err)
	reply, err := messages.Unpack(spec87.Spec, got)
	require.NoError(t, err)
	require.True(t, issuer.Proves(reply, digest, fmt.Sprintf("%012d", number)))
	code, err = reply.GetString(39)
	require.NoError(t, err)
	return code
}

func TestTheHostAnswersUntilItIsInterrupted(t *testing.T) {
	ledger := filepath.Join(t.TempDir(), "ledger")
	p := start(t, "-ledger", ledger, "-v")
	link := connect(t, supervisor.LinkConfig{Addrs: []string{p.addr}, Framing: framing.Binary2{}})
	for number := 1; number <= 12; number++ {
		assert.Equal(t, "00", exchange(t, link, number))
	}
	assert.Zero(t, p.stop(t), "%s", p.complaints)
	assert.Contains(t, p.out.String(), "requests 12, replies 12, connections 1, refusals 0\n")
	assert.Contains(t, p.out.String(), "up", "-v shows what is logged")
	assert.NotRegexp(t, `[0-9]{13}`, p.out.String(), "as long as a card number")
	lines, err := os.ReadFile(ledger)
	require.NoError(t, err)
	assert.Equal(t, 3*12, bytes.Count(lines, []byte("\n")))
	assert.NotContains(t, string(lines), "4111111111111111")
	_, err = net.Dial("tcp", p.addr)
	assert.Error(t, err, "nobody listens")
}

func TestWithMutualTLSAndAnotherFraming(t *testing.T) {
	certs := filepath.Join("..", "..", "testdata", "certs")
	file := func(name string) string { return filepath.Join(certs, name+".pem") }
	p := start(t, "-framing", "ascii4", "-tls-cert", file("server"), "-tls-key", file("server-key"), "-tls-ca", file("ca"))
	link := connect(t, supervisor.LinkConfig{
		Addrs: []string{p.addr}, Framing: framing.ASCII{},
		TLSFiles: supervisor.TLSFiles{CA: file("ca"), Cert: file("client"), Key: file("client-key")},
	})
	assert.Equal(t, "00", exchange(t, link, 1))
	plain, err := net.Dial("tcp", p.addr)
	require.NoError(t, err)
	defer plain.Close()
	_, err = plain.Write([]byte("no TLS"))
	require.NoError(t, err)
	_, err = plain.Read(make([]byte, 1_000))
	for err == nil {
		_, err = plain.Read(make([]byte, 1_000)) // an alert
	}
	assert.Zero(t, p.stop(t), "%s", p.complaints)
	assert.Contains(t, p.out.String(), "requests 1, replies 1, connections 2, refusals 1\n")
}

// TestFaultsFollowFromTheSeed: of the first 100 requests the same ones are treated
// badly each time, and eight are declined.
func TestFaultsFollowFromTheSeed(t *testing.T) {
	p := start(t, "-faults", "-seed", "7", "-timeout", "1ms", "-every", "1h")
	link := connect(t, supervisor.LinkConfig{Addrs: []string{p.addr}, Framing: framing.Binary2{}})
	var refused []int
	for number := range 100 {
		switch treatment := issuer.Treat(7, fmt.Sprintf("%012d", number)); {
		case treatment.Declined:
			refused = append(refused, number)
		case treatment.Kind == issuer.AnswersNever:
			require.NoError(t, link.PostFrame(terminal.Patient(t), payment(t, number)))
		case treatment.Kind != issuer.NoFault:
			assert.Equal(t, "00", exchange(t, link, number))
		}
	}
	for _, number := range refused {
		assert.Equal(t, "51", exchange(t, link, number))
	}
	assert.Zero(t, p.stop(t), "%s", p.complaints)
	assert.Contains(t, p.out.String(), "requests 13, replies 14, ", "two twice, one never")
	for _, line := range []string{"replies delayed: 2", "replies sent twice: 2", "requests dropped: 1", "stalls: "} {
		assert.Contains(t, p.out.String(), "\n"+line)
	}
}

// TestFaultsOfConnections: the next connection works, each time.
func TestFaultsOfConnections(t *testing.T) {
	p := start(t, "-faults", "-every", "50ms")
	link := connect(t, supervisor.LinkConfig{
		Addrs: []string{p.addr}, Framing: framing.Binary2{},
		Backoff: supervisor.Backoff{MinDelay: time.Millisecond, Base: time.Millisecond, Cap: time.Millisecond},
	})
	require.Eventually(t, func() bool { return link.Status().Session > 3 }, terminal.Patience, time.Millisecond)
	assert.Zero(t, p.stop(t), "%s", p.complaints)
	assert.NotContains(t, p.out.String(), "connections 1,")
}

func TestWrongCalls(t *testing.T) {
	code, complaints := terminal.Call(t, command, "-framing", "binary3", "-timeout", "5", "-seed", "1", "more")
	assert.Equal(t, 2, code)
	for _, words := range []string{"-framing: ", "-timeout: ", "-seed: is for -faults", `"more" is no flag`} {
		assert.Contains(t, complaints, words)
	}
	code, complaints = terminal.Call(t, command, "-listen", "127.0.0.1:0", "-tls-ca", filepath.Join("..", "..", "testdata", "certs", "ca.pem"))
	assert.Equal(t, 2, code)
	assert.Contains(t, complaints, "certificate")

	code, complaints = terminal.Call(t, command, "-h")
	assert.Zero(t, code)
	for _, name := range []string{"listen", "framing", "tls-cert", "tls-key", "tls-ca", "ledger", "faults", "seed", "timeout", "every", "within", "v"} {
		assert.Contains(t, complaints, "  -"+name)
	}
}

func TestWithoutAnAddressOrALedgerThereIsNoHost(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	code, complaints := terminal.Call(t, command, "-listen", taken.Addr().String())
	assert.Equal(t, 1, code)
	assert.Contains(t, complaints, taken.Addr().String())

	code, complaints = terminal.Call(t, command, "-listen", "127.0.0.1:0", "-ledger", t.TempDir())
	assert.Equal(t, 1, code)
	assert.Contains(t, complaints, "host: open ")
}
