package main

import (
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// part is what is measured together, against one host, and shown in tables of its
// own: rows, shapes of messages, and a number that is the tables' columns.
type part struct {
	name   string
	about  string // a line or two for people
	unit   string // of the columns
	rows   []row
	shapes []*sample.Shape
	at     []int // the columns
	brief  []int // the columns of a short run; nil: the same

	callers int           // the most that a path has; 0: the largest of the columns
	timeout time.Duration // of an exchange; 0: sendTimeout
	secure  bool          // TLS 1.3, with certificates of both ends

	// files is how many files a column needs open at once; nil: few.
	files func(p part, at int) int

	// take measures a row once, for about the time d.
	take func(s *stage, r row, g group, d time.Duration) (sliced, error)

	drawing    *drawing // nil: none
	tables     []table
	ratio      metric   // of the tables of ratios
	references []string // the rows that all others are divided by

	judged *sample.Shape // the shape that goals are for
	goals  []goal

	times [lengths]timing
	timing
}

// length is how long a run is meant to be.
type length int

const (
	short length = iota
	normal
	full
	lengths
)

// timing is how long a part may take, and a row at a time. At least one round is
// measured; a part without a budget is left out.
type timing struct {
	budget, slice time.Duration
}

// linkName is the part whose rows are named without it, for benchstat.
const linkName = "link"

// parts are all that can be measured, in the order of a run.
var parts = []part{
	{
		name: linkName, about: "one link, and callers that each make one exchange after the other", unit: "callers",
		rows: rows, shapes: shapes, at: defaultCallers, brief: defaultCallers[:5],
		take: takeTimed, tables: linkTables, drawing: latencyDrawing,
		ratio: microseconds, references: []string{rowBare, rowContract, rowMoov},
		judged: sample.Two, goals: linkGoals,
		times: [lengths]timing{
			{55 * time.Second, 120 * time.Millisecond}, {220 * time.Second, 200 * time.Millisecond}, {15 * time.Minute, 200 * time.Millisecond},
		},
	},
	{
		name: "both", unit: "messages",
		about: "client and host of one library: so many messages at once, each in a goroutine of its own;\n" +
			"they are built, packed, sent, unpacked, approved (MTI and field 39), packed, sent, unpacked, verified",
		rows: bothRows, shapes: shapes[:1], at: []int{100, 1000, 10_000, 100_000}, brief: []int{100, 1000, 10_000},
		timeout: patience, take: takeStorms, tables: linkTables,
		ratio: microseconds, references: []string{rowMoov},
		judged: sample.Two, goals: bothGoals,
		times: [lengths]timing{
			{10 * time.Second, 100 * time.Millisecond}, {80 * time.Second, 200 * time.Millisecond}, {4 * time.Minute, 200 * time.Millisecond},
		},
	},
	{
		name: "relay", about: "what a switch does to each message, without a link: read MTI and PAN, rewrite the STAN", unit: "callers",
		rows: relayRows, shapes: shapes[1:], at: []int{1, 16}, brief: []int{1},
		take: takeTimed, tables: linkTables, ratio: microseconds, references: []string{rowRelayUnpack},
		judged: sample.Eighteen, goals: relayGoals,
		times: [lengths]timing{
			{time.Second, 100 * time.Millisecond}, {5 * time.Second, 200 * time.Millisecond}, {20 * time.Second, 200 * time.Millisecond},
		},
	},
	{
		name: "open", about: "one link, and exchanges that begin at a given rate, whether others were answered or not", unit: "rate",
		rows: openRows, shapes: shapes[:1], at: []int{1000, 5000, 20_000}, brief: []int{20_000},
		callers: sample.MaxCallers, timeout: patience, take: takePaced, tables: openTables,
		ratio: p99, references: []string{rowContract, rowMoov},
		judged: sample.Two, goals: openGoals,
		times: [lengths]timing{
			{10 * time.Second, 500 * time.Millisecond}, {70 * time.Second, time.Second}, {5 * time.Minute, 2 * time.Second},
		},
	},
	{
		name: "many", unit: "links",
		about: "1,000 callers spread over so many links: of one manager of isolink's, or as many clients",
		rows:  manyRows, shapes: shapes[:1], at: []int{1, 10, 100, 1000},
		callers: manyCallers, take: takeMany, files: manyFiles, tables: linkTables, drawing: throughputDrawing,
		ratio: microseconds, references: []string{rowContract, rowMoov},
		judged: sample.Two, goals: manyGoals,
		times: [lengths]timing{
			{12 * time.Second, 120 * time.Millisecond}, {60 * time.Second, 200 * time.Millisecond}, {4 * time.Minute, 200 * time.Millisecond},
		},
	},
	{
		name: "tls", about: "one link as above, with TLS 1.3 and certificates of both ends", unit: "callers",
		rows: rows[:len(rows)-1], shapes: shapes[:1], at: []int{1, 16, 100, 1000},
		secure: true, take: takeTimed, tables: linkTables,
		ratio: microseconds, references: []string{rowContract, rowMoov},
		judged: sample.Two,
		times: [lengths]timing{
			normal: {50 * time.Second, 150 * time.Millisecond}, full: {4 * time.Minute, 200 * time.Millisecond},
		},
	},
	{
		name: "otel", unit: "callers",
		about: "one link with OpenTelemetry's SDK, exporters that drop, and without: metrics, and spans of 1 % of the exchanges",
		rows:  telemetryRows, shapes: shapes[:1], at: telemetryCallers,
		take: takeTimed, tables: linkTables,
		ratio: microseconds, references: []string{rowFrame, rowMessage},
		judged: sample.Two, goals: telemetryGoals,
		times: [lengths]timing{
			{10 * time.Second, 120 * time.Millisecond}, {30 * time.Second, 200 * time.Millisecond}, {4 * time.Minute, 200 * time.Millisecond},
		},
	},
	{
		name: "idle", about: "links that nothing is sent over, after a garbage collection, the manager's part included", unit: "links",
		rows: idleRows, shapes: shapes[:1], at: []int{1000, 10_000}, brief: []int{1000},
		callers: 1, take: takeIdle, files: idleFiles, tables: idleTables,
		ratio: bytesPerLink, references: []string{rowMoov},
		judged: sample.Two, goals: idleGoals,
		times: [lengths]timing{
			{time.Second, 500 * time.Millisecond}, {20 * time.Second, time.Second}, {time.Minute, time.Second},
		},
	},
	{
		name: "long", about: "one link after 1,000,000 exchanges, and links that were just opened", unit: "callers",
		rows: longRows, shapes: shapes[:1], at: []int{1000, 10_000}, brief: []int{1000},
		take: takeLong, tables: linkTables,
		ratio: microseconds, references: []string{rowNew},
		judged: sample.Two, goals: longGoals,
		times: [lengths]timing{
			{12 * time.Second, 120 * time.Millisecond}, {30 * time.Second, 200 * time.Millisecond}, {2 * time.Minute, 200 * time.Millisecond},
		},
	},
}

// takeTimed lets callers exchange on one path, as many as the column says.
func takeTimed(s *stage, r row, g group, d time.Duration) (sliced, error) {
	l, err := s.load(r, g.shape, 1)
	if err != nil {
		return sliced{}, err
	}
	return l.timed(g.at, d)
}
