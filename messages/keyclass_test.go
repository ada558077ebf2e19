package messages_test

import (
	"testing"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// byClass reads fields 41 and 11, and of network management field 11 alone.
func byClass(t *testing.T) *messages.KeyReader {
	t.Helper()

	return newReader(t, specs.Spec87ASCII, 41, 11).WithClass('8', newReader(t, specs.Spec87ASCII, 11))
}

// TestWithClass: each class has its own key fields, and a reader that was given to
// WithClass is as it was.
func TestWithClass(t *testing.T) {
	t.Parallel()

	all := newReader(t, specs.Spec87ASCII, 41, 11)
	classed := all.WithClass('8', newReader(t, specs.Spec87ASCII, 11)).WithClass('6', newReader(t, specs.Spec87ASCII, 7))
	fields := map[int]string{7: "0704123456", 11: "000123", 41: "TERM0001"}

	for _, class := range "0123456789" {
		mti := "0" + string(class) + "10"
		want := newKey(t, mti, "TERM0001", "000123")
		frame := pack(t, specs.Spec87ASCII, mti, fields)

		_, key, err := all.Read(frame)
		require.NoError(t, err)
		assert.Equal(t, want, key, mti)

		switch class {
		case '8':
			want = newKey(t, mti, "000123")
		case '6':
			want = newKey(t, mti, "0704123456")
		}

		_, key, err = classed.Read(frame)
		require.NoError(t, err)
		assert.Equal(t, want, key, mti)
	}

	for _, class := range []byte{0, 8, '0' - 1, '9' + 1, 255} {
		assert.Equal(t, all, all.WithClass(class, newReader(t, specs.Spec87ASCII, 11)), class)
	}
}

// TestMissingKeyField: the error says which field, and of which class.
func TestMissingKeyField(t *testing.T) {
	t.Parallel()

	reader := byClass(t)

	for _, c := range []struct {
		mti    string
		fields map[int]string
		field  int
		text   string
	}{
		{"0200", map[int]string{11: "000123"}, 41, "no key: 0200 (class 2): field 41: is not in the message"},
		{"0430", map[int]string{41: "TERM0001"}, 11, "no key: 0430 (class 4): field 11: is not in the message"},
		{"0800", map[int]string{41: "TERM0001"}, 11, "no key: 0800 (class 8): field 11: is not in the message"},
		{"0800", map[int]string{11: "000123"}, 0, ""},
	} {
		mti, _, err := reader.Read(pack(t, specs.Spec87ASCII, c.mti, c.fields))
		assert.Equal(t, c.mti, mti.String())

		if c.text == "" {
			require.NoError(t, err)

			continue
		}

		var fault *messages.KeyError

		require.ErrorAs(t, err, &fault)
		require.ErrorIs(t, err, messages.ErrNoKey)
		assert.Equal(t, c.field, fault.Field)
		assert.Equal(t, c.mti, fault.MTI.String())
		assert.Equal(t, c.text, err.Error())
	}
}

// TestClassesAllocateNothing: the hot path is as it was.
func TestClassesAllocateNothing(t *testing.T) {
	reader := byClass(t).Normalized()
	frames := [][]byte{pack(t, specs.Spec87ASCII, "0200", typical()), pack(t, specs.Spec87ASCII, "0800", typical())}

	var failed error

	allocs := testing.AllocsPerRun(200, func() {
		for _, frame := range frames {
			if _, _, err := reader.Read(frame); err != nil {
				failed = err
			}
		}
	})

	require.NoError(t, failed)
	assert.Zero(t, allocs)
}

// TestMTIReader reads what a KeyReader does, of a specification without any field
// that could be a key.
func TestMTIReader(t *testing.T) {
	t.Parallel()

	reader, err := messages.NewMTIReader(specs.Spec87ASCII)
	require.NoError(t, err)

	read, err := reader.MTI([]byte("0421"))
	require.NoError(t, err)
	assert.Equal(t, mti("0421"), read)

	_, err = reader.MTI([]byte("04A1"))
	require.ErrorIs(t, err, messages.ErrNoKey)

	_, err = messages.NewMTIReader(nil)
	require.ErrorContains(t, err, "no message specification")
}
