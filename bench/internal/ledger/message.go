// Package ledger sends requests that each carry an id of their own, and keeps the books
// of what became of them:
//
//	var book ledger.Book
//	outcome := book.Exchange(ctx, link.Exchange, stan, id)
//
// and, at the host, of what has arrived:
//
//	seen := ledger.NewSeen(most)
//	seen.Arrived(ledger.ID(in.Frame))
package ledger

import (
	"bytes"
	"fmt"
	"strconv"
)

// template is a request of the sample's specification with fields 3, 11 and 37.
const template = "0200\x20\x20\x00\x00\x08\x00\x00\x00" + "000000" + "000000" + "000000000000"

const stanAt, idAt = 18, 24

// MaxSTAN is the highest number of field 11.
const MaxSTAN = 999_999

// Request is a packed request. Its id is field 37, of twelve digits.
func Request(stan uint32, id uint64) []byte {
	frame := []byte(template)
	put(frame[stanAt:idAt], uint64(stan))
	put(frame[idAt:], id)
	return frame
}

func put(digits []byte, n uint64) {
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
}

// ID is the id of a request or a response, 0 where it has none.
func ID(frame []byte) uint64 {
	if len(frame) != len(template) {
		return 0
	}
	id, err := strconv.ParseUint(string(frame[idAt:]), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// Verify checks that response is the one to that request, byte by byte.
func Verify(request, response []byte) error {
	want := bytes.Clone(request)
	want[2]++ // 0200 becomes 0210
	if !bytes.Equal(want, response) {
		return fmt.Errorf("request %d was answered with another's response, %d", ID(request), ID(response))
	}
	return nil
}
