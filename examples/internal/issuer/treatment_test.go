package issuer

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func reference(number int) string { return fmt.Sprintf("%012d", number) }

func TestOfEachHundredRequestsTheSameNumberIsTreatedBadly(t *testing.T) {
	for seed := range uint64(20) {
		counts := make(map[Kind]int)
		refused := 0
		for number := range deck {
			got := Treat(seed, reference(300+number))
			require.Equal(t, got, Treat(seed, reference(300+number)), "the same each time")
			counts[got.Kind]++
			if got.Declined {
				refused++
				require.Equal(t, NoFault, got.Kind)
			}
			require.Positive(t, got.Delay)
		}
		assert.Equal(t, map[Kind]int{AnswersLate: 2, AnswersTwice: 2, AnswersNever: 1, NoFault: 95}, counts)
		assert.Equal(t, 8, refused)
	}
}

func TestTreatmentDependsOnTheSeed(t *testing.T) {
	differ := 0
	for number := range 1000 {
		if Treat(1, reference(number)).Kind != Treat(2, reference(number)).Kind {
			differ++
		}
	}
	assert.Positive(t, differ)
}

func TestWhatHasNoNumberIsApproved(t *testing.T) {
	for _, none := range []string{"", "ABC123456789", "-00000000001"} {
		assert.Zero(t, Treat(1, none))
	}
}
