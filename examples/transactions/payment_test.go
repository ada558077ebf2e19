package main

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// published are the test numbers of the schemes and of the large processors. They
// stand here a second time on purpose: a number that slips into the program's own
// table must not end up in the file.
var published = []string{
	"4111111111111111", "4012888888881881", "4222222222222", "5555555555554444", "5105105105105100",
	"378282246310005", "371449635398431", "6011111111111117", "6011000990139424", "3530111333300000",
	"30569309025904",
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	number, err := strconv.Atoi(text)
	require.NoError(t, err)
	return number
}

// luhn checks a card number's last digit (ISO/IEC 7812-1, annex B).
func luhn(pan string) bool {
	sum := 0
	for i := range len(pan) {
		digit := int(pan[len(pan)-1-i] - '0')
		if i%2 == 1 {
			digit *= 2
			if digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return sum%10 == 0
}

func TestLuhn(t *testing.T) {
	assert.True(t, luhn("4111111111111111"))
	assert.False(t, luhn("4111111111111112"))
	assert.False(t, luhn("1411111111111111"))
}

func TestCards(t *testing.T) {
	used := map[string]bool{}
	for number, m := range readFile(t) {
		pan, held := m.elements[2]
		if m.mti == "0800" {
			require.False(t, held)
			continue
		}
		require.Contains(t, published, pan, "line %d", number+1)
		require.True(t, luhn(pan))
		require.Greater(t, m.elements[14], "2603", "expired")
		if track, read := m.elements[35]; read {
			require.True(t, strings.HasPrefix(track, pan+"="+m.elements[14]+"201"), "line %d", number+1)
			require.LessOrEqual(t, len(track), 37)
		}
		used[pan] = true
	}
	assert.Len(t, used, len(published), "some card is never used")
}

// TestEntryModes: which data there is follows from how the card was read.
func TestEntryModes(t *testing.T) {
	for number, m := range readFile(t) {
		if m.mti == "0800" || m.mti[1] == '4' {
			continue
		}
		_, track := m.elements[35]
		_, chip := m.elements[55]
		_, pin := m.elements[52]
		mode := m.elements[22]
		require.Equal(t, mode != byWeb, track, "line %d", number+1)
		require.Equal(t, mode == byChip || mode == byContactless, chip, "line %d", number+1)
		if pin {
			require.Equal(t, byChip, mode)
			require.Contains(t, m.elements, 26)
			require.Contains(t, m.elements, 53)
		}
		if m.elements[18] == "6011" {
			require.True(t, pin, "no cash without a PIN")
			require.Equal(t, "0200", m.mti)
			require.Equal(t, "01", m.elements[3][:2])
		}
		require.Equal(t, isAdvice(m.mti), m.elements[38] != "", "an advice tells of an approval")
		require.Equal(t, isAdvice(m.mti), m.elements[39] == "00")
	}
}

// objects reads BER-TLV with lengths of one byte.
func objects(t *testing.T, data string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for len(data) > 0 {
		size := 1
		if data[0]&0x1f == 0x1f {
			size = 2
		}
		require.Greater(t, len(data), size)
		tag, length := hex.EncodeToString([]byte(data[:size])), int(data[size])
		require.GreaterOrEqual(t, len(data), size+1+length)
		require.NotContains(t, found, tag)
		found[tag] = hex.EncodeToString([]byte(data[size+1 : size+1+length]))
		data = data[size+1+length:]
	}
	return found
}

func TestChipDataAgreesWithTheMessage(t *testing.T) {
	for number, m := range readFile(t) {
		data, held := m.elements[55]
		if !held {
			continue
		}
		chip := objects(t, data)
		require.Len(t, chip, 16, "line %d", number+1)
		require.Equal(t, m.elements[4], chip["9f02"])
		require.Equal(t, "0"+m.elements[49], chip["5f2a"])
		require.Equal(t, "0"+m.elements[19], chip["9f1a"])
		require.Equal(t, "26"+m.elements[13], chip["9a"])
		require.Equal(t, m.elements[3][:2], chip["9c"])
		require.Len(t, chip["9f26"], 16)
	}
}

func TestCashBack(t *testing.T) {
	seen := 0
	for _, m := range readFile(t) {
		additional, held := m.elements[54]
		if m.mti[1] != '4' {
			require.Equal(t, held, m.elements[3] == purchaseCashBack)
		}
		if !held {
			continue
		}
		seen++
		require.Equal(t, m.elements[49], additional[4:7])
		require.Greater(t, atoi(t, m.elements[4]), atoi(t, additional[8:]), "the cash is a part of the amount")
	}
	assert.GreaterOrEqual(t, seen, 5)
}

func TestNetworkManagement(t *testing.T) {
	messages := readFile(t)
	assert.Equal(t, "0800", messages[0].mti)
	assert.Equal(t, signOn, messages[0].elements[70])
	codes := map[string]int{}
	for _, m := range messages {
		code, held := m.elements[70]
		require.Equal(t, m.mti == "0800", held)
		if held {
			codes[code]++
			require.Equal(t, code == newKey, m.elements[96] != "")
		}
	}
	assert.Equal(t, 1, codes[signOn])
	assert.Greater(t, codes[echo], codes[newKey]+codes[cutover])
}
