package actors

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
)

// The names by which scripts, tables and failures speak of the machine.
var (
	phaseNames = map[phase]string{
		phaseNew: "new", phaseWaiting: "waiting", phaseConnecting: "connecting",
		phaseSigningOn: "signing on", phaseUp: "up", phaseSigningOff: "signing off", phaseSignedOff: "signed off",
		phaseDraining: "draining", phaseEnding: "ending", phasePaused: "paused", phaseClosed: "closed",
		phaseFailed: "failed",
	}
	eventNames = map[event]string{
		evStart: "start", evBackoff: "backoff-over", evConnected: "connected", evConnectFailed: "connect-failed",
		evIdle: "idle", evEchoAnswered: "echo-answered", evEchoMissed: "echo-missed", evStable: "stable",
		evFailing: "failing", evDrained: "drained", evCut: "cut", evEndTimeout: "end-timeout", evEnded: "ended",
		evCommand: "command", evReplaced: "replaced",
		evWriteIdle: "write-idle", evReadIdle: "read-idle", evReadAgain: "read-again", evReadSilent: "read-silent",
		evSignedOn: "signed-on", evSignOnFailed: "sign-on-failed", evSignedOff: "signed-off", evSign: "sign",
		evGranted: "granted",
	}
	actionNames = map[action]string{
		actWait: "wait", actDial: "dial", actCancelDial: "cancel-dial", actOpen: "open", actAdmit: "admit",
		actAskScope: "ask-scope", actSignOn: "sign-on", actSignOff: "sign-off",
		actRefuse: "refuse", actWatchIdle: "watch-idle", actEcho: "echo", actWatchStable: "watch-stable",
		actWatchWrite: "watch-write", actKeepAlive: "keep-alive", actWatchRead: "watch-read", actAskRead: "ask-read",
		actDrain: "drain", actClose: "close", actAbort: "abort", actGuardEnd: "guard-end", actFail: "fail",
		actStop: "stop",
	}
	// commandNames are the operator's: a script, like an operator, gives no
	// other events by these names.
	commandNames = map[string]want{"resume": wantRun, "restart": wantRestart, "pause": wantPause, "close": wantClose}
)

// scriptedLink is a machine with what of its actor a script needs: the
// operator's lasting wish, and the failures that the next incarnation inherits.
type scriptedLink struct {
	machine machine
	wanted  want
}

// TestMachineScripts runs testdata/links. In a script,
//
//	link [echoes=N] [failures=N] [wanted=pause] [expects] [once]
//
// makes a link whose actor has not begun (N echoes missed in a row end a
// session; none are sent without), or one whose peer connects, or a session of an
// acceptor; sign-on, sign-off, sign-off-on-stop, sign-off-first, scoped, keep-alives
// (SendKeepAlive) and read-idle configure those; and
//
//	events
//	…
//
// gives it one event a line: those of the machine; resume, restart, pause and
// close for a command with that wish; incarnation for the supervisor's restart,
// incarnation-with-connection where the peer has connected meanwhile; operator-off
// and operator-on for the wish to be signed off.
// The answer is a line for each: the phase, the state shown (where it has
// another name), what the actor has to do, and the failures in a row when their
// number has changed.
func TestMachineScripts(t *testing.T) {
	const folder = "../testdata/links"
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 9, "scripts are missing")

	datadriven.Walk(t, folder, func(t *testing.T, path string) {
		var l *scriptedLink
		given := 0
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "link":
				l = newScriptedLink(t, d)
				return l.line("link", nil, l.machine.failures)
			case "events":
				require.NotNil(t, l, "events before link")
				lines := strings.Split(d.Input, "\n")
				given += len(lines)
				return l.give(t, lines)
			}
			t.Fatalf("%s: no such directive: %s", d.Pos, d.Cmd)
			return ""
		})
		require.Positive(t, given, "a script without events")
	})
}

func newScriptedLink(t *testing.T, d *datadriven.TestData) *scriptedLink {
	l := &scriptedLink{}
	for _, arg := range d.CmdArgs {
		switch arg.Key {
		case "echoes":
			arg.Scan(t, 0, &l.machine.maxMissed)
			l.machine.echo = true
		case "failures":
			arg.Scan(t, 0, &l.machine.failures)
		case "wanted":
			require.Contains(t, commandNames, arg.SingleVal(t))
			l.wanted = commandNames[arg.SingleVal(t)]
			l.machine.want = l.wanted
		case "keep-alives":
			l.machine.keepAlive = true
		case "read-idle":
			l.machine.readIdle = true
		case "sign-on":
			l.machine.signOn = true
		case "sign-off":
			l.machine.signOff = true
		case "sign-off-on-stop":
			l.machine.signOff, l.machine.offOnStop = true, true
		case "sign-off-first":
			l.machine.offFirst = true
		case "scoped":
			l.machine.scoped = true
		case "expects":
			l.machine.expects = true
		case "once":
			l.machine.once, l.machine.arrived = true, true
		default:
			t.Fatalf("%s: link has no %s", d.Pos, arg.Key)
		}
	}
	return l
}

func (l *scriptedLink) give(t *testing.T, events []string) string {
	var out []string
	for _, name := range events {
		before := l.machine.failures
		var actions []action
		var fault string
		switch w, isCommand := commandNames[name]; {
		case isCommand:
			if w != wantRestart { // lasts for one session, not in the record
				l.wanted = w
			}
			l.machine.want = w
			actions, fault = tryStep(&l.machine, evCommand)
		case name == "operator-off", name == "operator-on":
			l.machine.off = name == "operator-off"
			actions, fault = tryStep(&l.machine, evSign)
		case name == "peer-off", name == "peer-on":
			l.machine.peerOff = name == "peer-off"
			actions, fault = tryStep(&l.machine, evSign)
		case name == "incarnation":
			require.Equal(t, phaseFailed, l.machine.phase, "only a link that failed is restarted")
			l.machine = nextIncarnation(l.machine, l.wanted)
		case name == "incarnation-with-connection":
			require.Equal(t, phaseFailed, l.machine.phase, "only a link that failed is restarted")
			l.machine = nextIncarnation(l.machine, l.wanted)
			l.machine.arrived = true
		default:
			ev, ok := eventNamed(name)
			require.True(t, ok, "no such event: %s", name)
			actions, fault = tryStep(&l.machine, ev)
		}
		require.Empty(t, fault, "%s after %q", name, out)
		out = append(out, l.line(name, actions, before))
	}
	return strings.Join(out, "\n")
}

// nextIncarnation is the machine that the supervisor's restart makes, as
// link.start does.
func nextIncarnation(m machine, wanted want) machine {
	return machine{
		want: wanted, failures: m.failures, off: m.off, expects: m.expects,
		signOn: m.signOn, signOff: m.signOff, offOnStop: m.offOnStop, offFirst: m.offFirst, scoped: m.scoped,
		keepAlive: m.keepAlive, readIdle: m.readIdle, countsTo: m.countsTo, echo: m.echo, maxMissed: m.maxMissed,
	}
}

func eventNamed(name string) (event, bool) {
	for ev, n := range eventNames {
		if n == name && ev != evCommand {
			return ev, true
		}
	}
	return 0, false
}

func (l *scriptedLink) line(event string, actions []action, before uint8) string {
	p := l.machine.phase
	text := event + ": " + phaseNames[p]
	if shown := l.machine.state().String(); shown != phaseNames[p] {
		text += " (" + shown + ")"
	}
	if len(actions) > 0 {
		text += ": " + actionList(actions)
	}
	if l.machine.failures != before || (event == "link" && before > 0) {
		text += fmt.Sprintf("; failures in a row: %d", l.machine.failures)
	}
	return text
}

func actionList(actions []action) string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = actionNames[a]
	}
	return strings.Join(names, ", ")
}
