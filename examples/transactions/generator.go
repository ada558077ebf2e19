package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// mix is how many of 1,000 messages have each MTI, but for the first message, which
// signs on, and reversals that find nothing left to reverse.
var mix = []struct {
	mti   string
	share int
}{
	{"0100", 320}, // authorization request
	{"0120", 40},  // authorization advice
	{"0200", 430}, // financial request
	{"0220", 70},  // financial advice
	{"0400", 20},  // reversal request
	{"0420", 50},  // reversal advice
	{"0800", 70},  // network management request
}

// first is when the first message is sent. All else depends on it and on the seed.
var first = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)

// generator makes the messages, each later than the one before.
type generator struct {
	random     *rand.Rand
	now        time.Time
	trace      int
	reversible []message // the requests that have not been reversed yet
}

func newGenerator() *generator {
	return &generator{random: rand.New(rand.NewPCG(8583, 1987)), now: first}
}

// next makes the next message.
func (g *generator) next() message {
	g.trace++
	g.now = g.now.Add(time.Duration(g.random.IntN(800)) * time.Millisecond)
	mti := g.drawMTI()
	switch {
	case g.trace == 1:
		return g.networkManagement(signOn)
	case mti == "0800":
		return g.networkManagement(g.drawNetworkCode())
	case mti == "0400" || mti == "0420":
		if len(g.reversible) > 0 {
			return g.reversal(mti)
		}
		mti = "0200"
	}
	m := g.payment(mti)
	if mti == "0100" || mti == "0200" {
		g.reversible = append(g.reversible, m)
	}
	return m
}

func (g *generator) drawMTI() string {
	drawn := g.random.IntN(1000)
	for _, m := range mix {
		if drawn < m.share {
			return m.mti
		}
		drawn -= m.share
	}
	panic("the shares do not add up to 1,000")
}

// base returns the elements that every message has. Elements 12 and 13 are the time
// at the place that the message comes from.
func (g *generator) base(offset time.Duration) map[int]string {
	local := g.now.Add(offset)
	return map[int]string{
		7:  g.now.Format("0102150405"),
		11: fmt.Sprintf("%06d", g.trace),
		12: local.Format("150405"),
		13: local.Format("0102"),
		37: g.reference(),
	}
}

// reference is a retrieval reference number as many acquirers build it: the year's
// last digit, the day of the year, the hour, the system trace audit number.
func (g *generator) reference() string {
	return fmt.Sprintf("%d%03d%02d%06d", g.now.Year()%10, g.now.YearDay(), g.now.Hour(), g.trace)
}

// chance is true in the percentage of cases given.
func (g *generator) chance(percent int) bool {
	return g.random.IntN(100) < percent
}

func (g *generator) bytes(n int) []byte {
	made := make([]byte, n)
	for i := range made {
		made[i] = byte(g.random.IntN(256))
	}
	return made
}

func (g *generator) approval() string {
	return fmt.Sprintf("%06d", g.random.IntN(1_000_000))
}

// drawCard prefers the cards that stand first.
func (g *generator) drawCard() card {
	return cards[min(g.random.IntN(len(cards)), g.random.IntN(len(cards)))]
}

// takeReversible draws one of the latest requests; none is reversed twice.
func (g *generator) takeReversible() message {
	oldest := max(0, len(g.reversible)-50)
	at := oldest + g.random.IntN(len(g.reversible)-oldest)
	taken := g.reversible[at]
	g.reversible = slices.Delete(g.reversible, at, at+1)
	return taken
}
