package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"spikegrad/host/engine/ranktest"
)

// onTeam has the ranks of a team do the same thing, and returns their errors.
func onTeam(ranks int, do func(ctx context.Context, t *Team, interrupt func()) error) []error {
	failures := make([]error, ranks)
	ranktest.Run(ranks, func(x *ranktest.Exchange) {
		own, interrupt := context.WithCancel(context.Background())
		defer interrupt()
		t, ctx := Join(own, x)
		failures[x.Rank()] = do(ctx, t, interrupt)
	})
	return failures
}

// TestTeamDivides: each piece of work is done once, in rank order, however few there are.
func TestTeamDivides(t *testing.T) {
	pieces := func(_ context.Context, first, last int) (made []byte, err error) {
		for i := first; i < last; i++ {
			made = append(made, byte(i))
		}
		return made, nil
	}
	for _, ranks := range []int{1, 2, 3, 7} {
		for _, count := range []int{0, 1, 5, 40} {
			want, err := (*Team)(nil).Divide(context.Background(), count, pieces)
			if err != nil || len(want) != 1 || len(want[0]) != count {
				t.Fatalf("alone: %v, %v", want, err)
			}
			for rank, err := range onTeam(ranks, func(ctx context.Context, team *Team, _ func()) error {
				all, err := team.Divide(ctx, count, pieces)
				if err == nil && (len(all) != ranks || !slices.Equal(slices.Concat(all...), want[0])) {
					err = fmt.Errorf("made %v", all)
				}
				return err
			}) {
				if err != nil {
					t.Errorf("%d pieces, rank %d of %d: %v", count, rank, ranks, err)
				}
			}
		}
	}
}

// TestTeamDivideEnds: when a rank fails or is interrupted, all end at once with the same error,
// although the others would work until told to stop.
func TestTeamDivideEnds(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(interrupt func()) error
		want string // on the other ranks
	}{
		"fails":       {func(func()) error { return errors.New("no more memory") }, "rank 1: no more memory"},
		"interrupted": {func(interrupt func()) error { interrupt(); return nil }, context.Canceled.Error()},
	} {
		for rank, err := range onTeam(3, func(ctx context.Context, team *Team, interrupt func()) error {
			_, err := team.Divide(ctx, 3, func(ctx context.Context, first, _ int) ([]byte, error) {
				if first == 1 {
					return nil, c.do(interrupt)
				}
				<-ctx.Done()
				return nil, ctx.Err()
			})
			if name == "interrupted" && ctx.Err() == nil {
				t.Errorf("rank %d goes on", team.Rank())
			}
			return err
		}) {
			if err == nil || !Agreed(err) || !strings.HasSuffix(c.want, err.Error()) {
				t.Errorf("%s: rank %d ends with %v, want %s", name, rank, err, c.want)
			}
		}
	}
}

// TestTeamSame: ranks that were given something else are named.
func TestTeamSame(t *testing.T) {
	for rank, err := range onTeam(3, func(_ context.Context, team *Team, _ func()) error { return team.Same(fmt.Sprint(team.Rank() / 2)) }) {
		if err == nil || !Agreed(err) || rank < 2 && !strings.HasPrefix(err.Error(), "rank 2: it has other data") {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
}

// TestTeamAsks: all ranks get the first one's answer.
func TestTeamAsks(t *testing.T) {
	for _, want := range []bool{false, true} {
		for rank, err := range onTeam(3, func(_ context.Context, team *Team, _ func()) error {
			got, err := team.Ask(func() (bool, error) { return want == team.Leads(), nil })
			if err == nil && got != want {
				err = fmt.Errorf("heard %v", got)
			}
			return err
		}) {
			if err != nil {
				t.Errorf("rank %d, told %v: %v", rank, want, err)
			}
		}
	}
	for rank, err := range onTeam(2, func(_ context.Context, team *Team, _ func()) error {
		_, err := team.Ask(func() (bool, error) { return false, errors.New("no permission") })
		return err
	}) {
		if err == nil || !Agreed(err) {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
}
