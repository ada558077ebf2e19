package carddata_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/carddata"
)

// TestWhatIsOpenIsFound: the search finds each value in whatever way a value that
// hides nothing is printed, and wherever in the bytes it stands.
func TestWhatIsOpenIsFound(t *testing.T) {
	type open struct {
		Frame []byte
		Text  string
	}
	pin, err := hex.DecodeString(carddata.PINBlock)
	require.NoError(t, err)
	for _, secret := range []string{
		carddata.PAN, carddata.Track1, carddata.Track2, carddata.CVV, carddata.PINBlock, string(pin), carddata.OtherPANs[0],
	} {
		for offset := range 4 {
			framed := strings.Repeat(".", offset) + secret + "...."
			for _, way := range carddata.Ways {
				if way.Name == "wrapped in an error" {
					continue
				}
				for _, v := range []any{open{[]byte(framed), framed}, open{Frame: []byte(framed)}} {
					var text strings.Builder
					way.Print(&text, v)
					assert.NotEmpty(t, carddata.Find(text.String()), "%s of %+v: %s", way.Name, v, text.String())
				}
			}
		}
	}
	assert.NotEmpty(t, carddata.Find(carddata.Printed(fmt.Errorf("no %s", carddata.PAN))))
}

// TestPackedDigitsAreFound: two digits a byte, from either half of a byte.
func TestPackedDigitsAreFound(t *testing.T) {
	for _, digits := range []string{carddata.PAN, "0" + carddata.PAN + "0", carddata.OtherPANs[1]} {
		packed, err := hex.DecodeString(digits)
		require.NoError(t, err)
		for _, text := range []string{
			string(packed), fmt.Sprintf("%v", packed), fmt.Sprintf("%x", packed), fmt.Sprintf("% X", packed), fmt.Sprintf("%#v", packed),
			fmt.Sprintf("%q", packed), base64.StdEncoding.EncodeToString(packed),
		} {
			assert.NotEmpty(t, carddata.Find("in front "+text+" behind"), text)
		}
	}
}

// TestOtherNumbersAreFound: those that no test knows, too.
func TestOtherNumbersAreFound(t *testing.T) {
	for _, number := range []string{"4012888888881881", "378282246310005", "5555555555554444", "2223003122003222", "38520000023237", "6011111111111117"} {
		for _, text := range []string{
			number, "pan=" + number + ",", hex.EncodeToString([]byte("0200" + "x" + number + "y")),
			base64.StdEncoding.EncodeToString([]byte("0200x" + number + "y....")),
		} {
			assert.Len(t, carddata.Find(text), 1, text)
		}
	}
	for _, text := range []string{
		"4012888888881882", "1795671760123456789", "0704123456000001", "40128888888818810", strings.Repeat("0", 16), "476173xxxxxx0119",
		"TestCardDataInEventsOfAnAcceptor", "", "476173", "\xff\xfe",
	} {
		assert.Empty(t, carddata.Find(text), text)
	}
}

// TestAddressIsNoNumber: what %d makes of a pointer may have a card's check digit.
func TestAddressIsNoNumber(t *testing.T) {
	const address = "39754297078336"
	require.True(t, carddata.IsNumber(address))
	assert.Empty(t, carddata.Find("&{"+address+" 11}"))
}

// TestTestsUseKnownNumbers: no other card's number stands in the tests of the
// packages.
func TestTestsUseKnownNumbers(t *testing.T) {
	digits, seen := regexp.MustCompile(`[0-9]+`), 0
	for _, folder := range []string{"framing", "messages", "actors", "supervisor", "supervisor/linktest"} {
		files, err := filepath.Glob(filepath.Join("../..", folder, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, run := range digits.FindAllString(string(text), -1) {
				if carddata.IsNumber(run) {
					seen++
					assert.True(t, run == carddata.PAN || slices.Contains(carddata.OtherPANs, run), "%s: %s", file, run)
				}
			}
		}
	}
	assert.NotZero(t, seen)
}
