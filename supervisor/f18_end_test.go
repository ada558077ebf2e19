package supervisor_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

const endRounds = 60

// TestF18AnswersThenTheEnd: a host reads some requests, answers them in one
// write, and ends the connection right behind it. All answers that arrived
// settle as answered, whether the end is a FIN or a RST, and whether the link
// goes on writing meanwhile or not.
func TestF18AnswersThenTheEnd(t *testing.T) {
	for _, mode := range []endMode{
		{name: "fin", end: (*linktest.Conn).Close},
		{name: "fin, unwatched", end: (*linktest.Conn).Close, unwatched: true},
		{name: "rst", end: (*linktest.Conn).Reset},
		{name: "rst, while writing", end: (*linktest.Conn).Reset, more: 10},
	} {
		t.Run(mode.name, mode.run)
	}
}

type endMode struct {
	name      string
	end       func(*linktest.Conn) error
	unwatched bool // without the oracle, straight to the kernel
	more      int  // requests that the host does not read
}

// answeredBy is how many requests the host answers on that connection.
func answeredBy(conn int) int { return 1 + conn%20 }

// script answers all at once, and ends the connection.
func (m endMode) script(answers *journal[[]string]) func(*linktest.Conn) {
	return func(c *linktest.Conn) {
		var ids []string
		var replies [][]byte
		for range answeredBy(c.Number()) {
			f, err := c.ReadFrame()
			if err != nil {
				return
			}
			ids = append(ids, idOf(f.Body))
			replies = append(replies, response(f.Body))
		}
		answers.add(ids)
		_ = c.WriteRaw(stream(replies...))
		_ = m.end(c)
	}
}

func (m endMode) run(t *testing.T) {
	var answers journal[[]string]
	host := startHost(t, linktest.PeerConfig{Script: m.script(&answers)})
	oracle := linktest.NewOracle(nil)
	l := startLink(t, host, func(c *supervisor.LinkConfig) {
		if !m.unwatched {
			c.Dial = oracle.Dial
		}
	})
	whole := 0
	for round := 1; round <= endRounds; round++ {
		l.awaitSession(uint64(round))
		var sent []<-chan outcome
		for i := range answeredBy(round) + m.more {
			sent = append(sent, l.background(context.Background(), newFrame("0200", 100*round+i)))
		}
		told := make(map[string]error)
		for _, s := range sent {
			out := awaitDone(t, fmt.Sprintf("a send of round %d", round), s)
			told[out.id] = out.err
		}
		ids := answers.awaitSome(t, round, "the host's answers")[round-1]
		arrived := len(ids)
		if !m.unwatched {
			arrived = repliesRead(oracle.Conns()[round-1])
		}
		for i, id := range ids {
			if i < arrived {
				require.NoError(t, told[id], "round %d: answer %d of %d, %d arrived", round, i+1, len(ids), arrived)
			} else {
				require.Error(t, told[id])
			}
			delete(told, id)
		}
		for _, err := range told {
			require.Error(t, err)
		}
		if arrived == len(ids) {
			whole++
		}
	}
	if m.name == "rst" || m.more > 0 { // a reset may overtake what is unsent
		assert.Greater(t, whole, endRounds/2)
	} else {
		assert.Equal(t, endRounds, whole)
	}
	t.Logf("all answers arrived in %d of %d rounds", whole, endRounds)
}
