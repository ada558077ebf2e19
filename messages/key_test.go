package messages_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/isolink-go/isolink/messages"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const keyPAN = "4111111111111111"

func mti(text string) messages.MTI { return messages.MTI([]byte(text)) }

func newKey(tb require.TestingT, mtiText string, values ...string) messages.Key {
	key, err := messages.NewKey(mti(mtiText), values...)
	require.NoError(tb, err)

	return key
}

func TestKeyIsSmall(t *testing.T) {
	t.Parallel()

	assert.Equal(t, uintptr(32), unsafe.Sizeof(messages.Key{}))
}

func TestKeyPairsRequestsWithResponses(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"0200", "0210", true},
		{"0200", "0201", true},
		{"0201", "0215", true},
		{"0420", "0430", true},
		{"0420", "0421", true},
		{"0640", "0650", true},
		{"0660", "0670", true},
		{"0680", "0690", true},
		{"0210", "0220", false},
		{"0200", "0220", false},
		{"0430", "0440", false},
		{"0200", "0100", false},
		{"0200", "1200", false},
		{"1200", "2200", false},
	} {
		assert.Equal(t, c.same, newKey(t, c.a, "000123") == newKey(t, c.b, "000123"), c)
	}
}

func TestNewKeyRefuses(t *testing.T) {
	t.Parallel()

	for name, f := range map[string]func() (messages.Key, error){
		"MTI":    func() (messages.Key, error) { return messages.NewKey(mti("02A0"), "1") },
		"none":   func() (messages.Key, error) { return messages.NewKey(mti("0200")) },
		"empty":  func() (messages.Key, error) { return messages.NewKey(mti("0200"), "") },
		"empty2": func() (messages.Key, error) { return messages.NewKey(mti("0200"), "1", "") },
	} {
		key, err := f()
		require.ErrorIs(t, err, messages.ErrNoKey, name)
		assert.Equal(t, messages.Key{}, key, name)
	}
}

func TestKeyString(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		mti    string
		values []string
		want   string
	}{
		{"0200", []string{"000123"}, "0200/0210:000123"},
		{"0211", []string{"000123"}, "0200/0210:000123"},
		{"1421", []string{"000123", "TERM 001"}, "1420/1430:000123:TERM 001"},
		{"9890", []string{"1"}, "9880/9890:1"},
		{"0804", []string{"a\x00b\xff\n"}, `0800/0810:a\x00b\xff\x0a`},
		{"0800", []string{strings.Repeat("x", 30)}, "0800/0810:" + strings.Repeat("x", 30)},
		{"0800", []string{strings.Repeat("x", 31)}, "0800/0810:sha256=6155d6bfe5f1"},
		{"0800", []string{strings.Repeat("x", 200)}, "0800/0810:sha256=948cdefb4377"},
		{"0640", []string{"1", "1", strings.Repeat("x", 300)}, "0640/0650:sha256=7cf136b083f0"},
	} {
		assert.Equal(t, c.want, newKey(t, c.mti, c.values...).String())
	}

	assert.Equal(t, "none", messages.Key{}.String())
}

// A PAN that has got into a key field must not be printed, by any way to print.
func TestKeyMasksPAN(t *testing.T) {
	t.Parallel()

	for value, shown := range map[string]string{
		keyPAN:                          "****************",
		"1234567890123":                 "*************",
		"123456789012":                  "123456789012",
		"x1234567890123y1":              "x*************y1",
		"4111111111111111 12":           "**************** 12",
		"\x01411111111111":              `\x**************`, // what is shown has the run
		"1234567890123/12/1234567890":   "*************/12/1234567890",
		"12345678901234567890123456789": strings.Repeat("*", 29),
	} {
		key := newKey(t, "0200", value)
		assert.Equal(t, "0200/0210:"+shown, key.String())
	}

	key := newKey(t, "0200", keyPAN)

	var text, json bytes.Buffer

	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "key", key)
	slog.New(slog.NewJSONHandler(&json, nil)).Info("x", "key", key)

	verbs := fmt.Sprintf("%v %+v %#v %s %q %x %d %40s", key, key, key, key, key, key, key, key)

	for _, out := range []string{text.String(), json.String(), verbs, fmt.Sprint(key, &key, []messages.Key{key})} {
		assert.NotContains(t, out, keyPAN)
		assert.NotContains(t, out, keyPAN[:13])
		assert.NotContains(t, out, fmt.Sprintf("%x", keyPAN))
		assert.NotContains(t, out, "52 49 49")
		assert.Contains(t, out, "0200/0210:****************")
	}
}

func TestKeyFormat(t *testing.T) {
	t.Parallel()

	key := newKey(t, "0200", "1")

	assert.Equal(t, "0200/0210:1", fmt.Sprintf("%v", key))
	assert.Equal(t, "0200/0210:1", fmt.Sprintf("%x", key))
	assert.Equal(t, "0200/0210:1", fmt.Sprintf("%#v", key))
	assert.Equal(t, `"0200/0210:1"`, fmt.Sprintf("%q", key))
	assert.Equal(t, "  0200/0210:1", fmt.Sprintf("%13v", key))
	assert.Equal(t, "0200/0210:1  |", fmt.Sprintf("%-13s|", key))
}

// Two keys are equal if and only if version, class, pair and the list of values
// are.
func TestKeysAreUnique(t *testing.T) {
	t.Parallel()

	// Few characters, the lengths' own bytes among them, make near collisions
	// likely; lists beyond the inline space make digests.
	value := rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune{'1', '2', 1, 2, 3}), 1, 4, -1),
		rapid.StringOfN(rapid.RuneFrom([]rune{'1', 0, 31}), 1, 40, -1),
	)
	list := rapid.SliceOfN(value, 1, 6)
	mtis := rapid.StringMatching(`[0-2][12][0-9][0-5]`)

	rapid.Check(t, func(t *rapid.T) {
		a, b := list.Draw(t, "a"), list.Draw(t, "b")
		if rapid.Bool().Draw(t, "regroup") {
			b = regroup(t, a)
		}

		mtiA := mtis.Draw(t, "mtiA")
		mtiB := rapid.OneOf(rapid.Just(mtiA), mtis).Draw(t, "mtiB")

		same := slices.Equal(a, b) && mtiA[:2] == mtiB[:2] && mtiA[2]/2 == mtiB[2]/2
		require.Equal(t, same, newKey(t, mtiA, a...) == newKey(t, mtiB, b...))
		require.Equal(t, newKey(t, mtiA, a...), newKey(t, mtiA, slices.Clone(a)...))
	})
}

// regroup cuts the same characters into another list of values.
func regroup(t *rapid.T, values []string) []string {
	rest := strings.Join(values, "")

	var cut []string

	for rest != "" {
		n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
		cut, rest = append(cut, rest[:n]), rest[n:]
	}

	return cut
}

func TestKeyError(t *testing.T) {
	t.Parallel()

	cause := errors.New("cause")
	err := &messages.KeyError{MTI: mti("0210"), Field: 11, Err: cause}

	require.ErrorIs(t, err, messages.ErrNoKey)
	require.ErrorIs(t, err, cause)
	assert.Equal(t, "no key: 0210 (class 2): field 11: cause", err.Error())
	assert.Equal(t, "no key: field 0: cause", (&messages.KeyError{Err: cause}).Error())
}
