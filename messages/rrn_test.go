package messages_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/isolink-go/isolink/messages"
)

var rrnTime = time.Date(2026, 7, 28, 9, 59, 59, 999_999_999, time.UTC)

func TestRRN(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 14*60*60)
	for _, c := range []struct {
		t    time.Time
		stan string
		want string
	}{
		{rrnTime, "000123", "620909000123"},
		{rrnTime, "1", "620909000001"}, // a numeric field
		{rrnTime, "0", "620909000000"},
		{rrnTime, "123456789012", "620909789012"},
		{rrnTime, "1234567", "620909234567"},
		{rrnTime.In(east), "000123", "620923000123"},
		{rrnTime.Add(time.Hour).In(east), "000123", "621000000123"},
		{time.Date(2029, 12, 31, 23, 0, 0, 0, time.UTC), "999999", "936523999999"},
		{time.Date(2029, 12, 31, 23, 0, 0, 0, time.UTC).In(east), "999999", "000113999999"},
		{time.Date(2028, 12, 31, 0, 0, 0, 0, time.UTC), "000001", "836600000001"}, // a leap year
		{time.Time{}, "000001", "100100000001"},
	} {
		got, err := messages.RRN(c.t, c.stan)
		require.NoError(t, err)
		assert.Equal(t, c.want, got)
	}
}

func TestRRNRefuses(t *testing.T) {
	t.Parallel()
	for _, stan := range []string{"", " ", "-00001", "00012A", "000 12", "٠٠٠٠٠١", keyPAN + "x"} {
		rrn, err := messages.RRN(rrnTime, stan)
		assert.Empty(t, rrn)
		require.ErrorIs(t, err, messages.ErrNoSTAN)
		assertNoCardData(t, err)
	}
	_, err := messages.RRN(rrnTime, "")
	require.EqualError(t, err, "no STAN: it is absent or empty")
	_, err = messages.RRN(rrnTime, "A")
	require.EqualError(t, err, "no STAN: it is not all digits")
}

// It is always 12 digits, whose parts are those of the time and of the STAN.
func TestRRNHasItsParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)
		at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"), 0).In(zone)
		n := rapid.Uint64Range(0, 999_999_999_999).Draw(t, "stan")
		digits := rapid.IntRange(1, 12).Draw(t, "digits")
		rrn, err := messages.RRN(at, fmt.Sprintf("%0*d", digits, n))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%d%03d%02d%06d", at.Year()%10, at.YearDay(), at.Hour(), n%1_000_000), rrn)
	})
}

func TestFillRRN(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values map[int]string
		filled bool
		want   string
	}{
		"absent":       {map[int]string{11: "000123"}, true, "620909000123"},
		"empty":        {map[int]string{11: "000123", 37: ""}, true, "620909000123"},
		"there":        {map[int]string{11: "000123", 37: "OF ORIGINAL "}, false, "OF ORIGINAL "},
		"without STAN": {map[int]string{37: "OF ORIGINAL "}, false, "OF ORIGINAL "},
	} {
		msg := message(t, "0200", c.values)
		filled, err := messages.FillRRN(msg, rrnTime)
		require.NoError(t, err, name)
		assert.Equal(t, c.filled, filled, name)
		got, err := msg.GetString(37)
		require.NoError(t, err)
		assert.Equal(t, c.want, got, name)
	}

	numeric := stanMessage(t, map[int]field.Field{11: stanNumeric(6), 37: stanText(12)}, map[int]string{11: "000123"})
	filled, err := messages.FillRRN(numeric, rrnTime)
	require.NoError(t, err)
	assert.True(t, filled)
	got, err := numeric.GetString(37)
	require.NoError(t, err)
	assert.Equal(t, "620909000123", got)
}

func TestFillRRNRefuses(t *testing.T) {
	t.Parallel()
	faults := fillFaults(t, "37", 37)
	faults["short"] = fillFault{
		stanMessage(t, map[int]field.Field{11: stanText(6), 37: stanText(11)}, map[int]string{11: "000123"}),
		"message cannot be packed: 11 characters in the specification, the number has 12: field 37",
	}
	faults["no field 11"] = fillFault{
		stanMessage(t, map[int]field.Field{37: stanText(12)}, nil),
		"message cannot be packed: cannot be read: field 11",
	}
	for name, c := range faults {
		filled, err := messages.FillRRN(c.msg, rrnTime)
		assertFillFault(t, name, c, 37, filled, err)
	}

	for _, values := range []map[int]string{nil, {11: ""}, {11: "00012X"}} {
		msg := message(t, "0200", values)
		filled, err := messages.FillRRN(msg, rrnTime)
		assert.False(t, filled)
		require.ErrorIs(t, err, messages.ErrNoSTAN)
		assert.NotContains(t, msg.GetFields(), 37)
	}
}

// A repeat and a reversal name the transaction of their original, by its number.
func ExampleFillRRN() {
	at := time.Date(2026, 7, 28, 9, 30, 0, 0, time.UTC)
	stans, err := messages.NewSTANs(messages.STANConfig{Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil {
		fmt.Println(err)
		return
	}
	number := func(msg *iso8583.Message) {
		if _, err := stans.Fill(msg); err != nil {
			fmt.Println(err)
		}
		if _, err := messages.FillRRN(msg, at); err != nil {
			fmt.Println(err)
		}
		stan, _ := msg.GetString(11)
		rrn, _ := msg.GetString(37)
		fmt.Println(stan, rrn)
	}

	original := iso8583.NewMessage(specs.Spec87ASCII)
	original.MTI("0200")
	number(original)

	reversal := iso8583.NewMessage(specs.Spec87ASCII)
	reversal.MTI("0420")
	rrn, _ := original.GetString(37)
	if err := reversal.Field(37, rrn); err != nil {
		fmt.Println(err)
	}
	number(reversal)

	// Output:
	// 000001 620909000001
	// 000002 620909000001
}

func ExampleRRN() {
	rrn, err := messages.RRN(time.Date(2026, 7, 28, 9, 30, 0, 0, time.UTC), "000123")
	fmt.Println(rrn, err)

	// Output:
	// 620909000123 <nil>
}
