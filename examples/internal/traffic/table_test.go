package traffic

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rows are the words of a table's lines, by their name.
func rows(t *testing.T, table string) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\n")
		require.Equal(t, strings.TrimRight(line, " "), line)
		require.GreaterOrEqual(t, len(line), nameWidth)
		all[strings.TrimSpace(line[:nameWidth])] = strings.Fields(line[nameWidth:])
	}
	return all
}

func TestTable(t *testing.T) {
	var out strings.Builder
	table := NewTable(&out, []string{"link-1", "link-2"})
	tally := filled(t)
	table.Outcomes(tally)
	table.Causes(tally)
	table.Latencies(tally)
	got := rows(t, out.String())
	assert.Equal(t, map[string][]string{
		"":                          {"link-1", "link-2", "total"},
		"sent":                      {"100", "3", "103"},
		"answered":                  {"100", "1", "101"},
		"approved":                  {"100", "0", "100"},
		"declined":                  {"0", "1", "1"},
		"rejected":                  {"0", "0", "0"},
		"not sent":                  {"0", "0", "0"},
		"in doubt":                  {"0", "1", "1"},
		"in doubt: deadline passed": {"0", "1", "1"},
		"answered within, p50":      {"51ms", "1s", "51ms"},
		"p99":                       {"100ms", "1s", "100ms"},
		"longest":                   {"100ms", "1s", "1s"},
		"not sent, longest":         {"0s", "0s", "0s"},
		"in doubt, longest":         {"0s", "2s", "2s"},
	}, got)
}

func TestTheRowForRepliesWithoutACodeIsThereWhenThereAreSome(t *testing.T) {
	tally := NewTally(1)
	tally.Settled(Result{Reply: reply(t, "")})
	var out strings.Builder
	NewTable(&out, []string{"link-1"}).Outcomes(tally)
	assert.Equal(t, []string{"1", "1"}, rows(t, out.String())["without a response code"])
}
