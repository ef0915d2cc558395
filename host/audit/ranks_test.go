package audit

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spikegrad/host/engine"
	"spikegrad/host/engine/ranktest"
	"spikegrad/host/estimate"
	"spikegrad/host/network"
	"spikegrad/host/unbiased/exact"
)

// onRanks does the same on several ranks, and compares what each of them finds with what one process finds.
func onRanks[R any](t *testing.T, name string, do func(x engine.Exchange) (R, error), ignore ...cmp.Option) {
	t.Helper()
	want, err := do(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ranks := range []int{2, 3, 4, 7} {
		ranktest.Run(ranks, func(x *ranktest.Exchange) {
			if got, err := do(x); err != nil {
				t.Errorf("%s, rank %d of %d: %v", name, x.Rank(), ranks, err)
			} else if difference := cmp.Diff(want, got, ignore...); difference != "" {
				t.Errorf("%s, rank %d of %d: %s", name, x.Rank(), ranks, difference)
			}
			if x.Deals == 0 {
				t.Errorf("%s: %d ranks work without a word", name, ranks)
			}
		})
	}
}

// small returns a network of two layers and its data.
func small(t *testing.T) (*network.Network, *exact.Source) {
	s := exact.NewSource(26, 5, 2, 8, 0.4)
	return exact.Network(t, s, 2, func(number int, l *network.Layer) {
		if l.Neurons = 6; number == 1 {
			l.Learn = []string{"tau_membrane", "threshold"}
		}
	}), s
}

// TestRanksAudit: ranks find the same bits as one process.
func TestRanksAudit(t *testing.T) {
	n, s := small(t)
	onRanks(t, "slopes", func(x engine.Exchange) (*SlopeResult, error) {
		o := slopeOptionsFor(n, s)
		o.Exchange, o.Directions = x, 40
		return Slopes(context.Background(), o)
	}, cmpopts.IgnoreTypes(SlopeCost{}), cmpopts.IgnoreFields(SlopeResult{}, "Device"))
	onRanks(t, "flips", func(x engine.Exchange) (*Result, error) {
		o := optionsFor(n, s)
		o.Exchange, o.Samples, o.Pairs = x, 20, 2000
		return Run(context.Background(), o)
	}, cmpopts.IgnoreTypes(Cost{}), cmpopts.IgnoreFields(Result{}, "Device"))
}

// TestRanksEstimate: ranks find the same bits as one process, in float64 and on engines.
func TestRanksEstimate(t *testing.T) {
	for name, c := range map[string]struct {
		options estimate.EstimateOptions
		device  bool
	}{
		"few units":  {estimate.EstimateOptions{Net: "mlp:2", Estimators: "surrogate,score,single_flip", Trials: 5000}, false},
		"many units": {estimate.EstimateOptions{Net: "lif:3,2", Inputs: 3, Steps: 6, Estimators: "superspike,score_baseline", Trials: 1100}, false},
		"engines":    {estimate.EstimateOptions{Net: "lif:3,2", Inputs: 3, Steps: 6, Estimators: "superspike,score_baseline", Trials: 700}, true},
	} {
		onRanks(t, name, func(x engine.Exchange) (estimate.Report, error) {
			team, ctx := engine.Join(context.Background(), x)
			o := c.options
			o.Seed, o.Workers, o.Team = 4, 1, team
			if c.device {
				o.Device = Laboratory{Workers: 1, Team: team}
			}
			return estimate.Run(ctx, o)
		}, cmpopts.IgnoreFields(estimate.EstimatorReport{}, "SecondsPerTrial", "VarianceSeconds"), cmpopts.IgnoreUnexported(estimate.Report{}))
	}
}

// TestRanksEndTogether: if one rank fails or is interrupted, all end.
func TestRanksEndTogether(t *testing.T) {
	n, s := small(t)
	team := func(x engine.Exchange, ctx context.Context, o estimate.EstimateOptions, device bool) error {
		team, ctx := engine.Join(ctx, x)
		o.Seed, o.Team = 4, team
		if device {
			o.Device = Laboratory{Team: team, Open: func(n *network.Network, options engine.Options) (engine.Engine, error) {
				if x.Rank() == 1 && ctx.Err() == nil && o.Trials == 64 {
					return nil, errors.New("no such device")
				}
				return engine.OpenBy(nil, n, options)
			}}
		}
		_, err := estimate.Run(ctx, o)
		return err
	}
	interrupted, noDevice := context.Canceled.Error(), "rank 1: no such device"
	for name, c := range map[string]struct {
		do        func(ctx context.Context, x engine.Exchange) error
		interrupt bool
		want      string // on rank 0
	}{
		"slopes": {func(ctx context.Context, x engine.Exchange) error {
			o := slopeOptionsFor(n, s)
			o.Exchange = x
			_, err := Slopes(ctx, o)
			return err
		}, true, interrupted},
		"flips": {func(ctx context.Context, x engine.Exchange) error {
			o := optionsFor(n, s)
			o.Exchange = x
			_, err := Run(ctx, o)
			return err
		}, true, interrupted},
		"estimates": {func(ctx context.Context, x engine.Exchange) error {
			return team(x, ctx, estimate.EstimateOptions{Net: "perceptron", Trials: 1e6}, false)
		}, true, interrupted},
		"estimates by engines": {func(ctx context.Context, x engine.Exchange) error {
			return team(x, ctx, estimate.EstimateOptions{Net: "lif:2,1", Steps: 8, Estimators: "surrogate", Trials: 100}, true)
		}, true, interrupted},
		"no engine": {func(ctx context.Context, x engine.Exchange) error {
			return team(x, ctx, estimate.EstimateOptions{Net: "lif:2,1", Steps: 4, Estimators: "surrogate", Trials: 64}, true)
		}, false, noDevice},
		"no such net": {func(ctx context.Context, x engine.Exchange) error {
			return team(x, ctx, estimate.EstimateOptions{Net: "brain"}, false)
		}, false, `net "brain"`},
		"no samples": {func(ctx context.Context, x engine.Exchange) error {
			o := optionsFor(n, s)
			o.Exchange, o.Samples = x, 0
			_, err := Run(ctx, o)
			return err
		}, false, "0 samples"},
	} {
		ranktest.Run(2, func(x *ranktest.Exchange) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if c.interrupt && x.Rank() == 1 {
				cancel()
			}
			err := c.do(ctx, x)
			if err == nil || !engine.Agreed(err) || x.Rank() == 0 && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s: rank %d ends with %v, want %s…", name, x.Rank(), err, c.want)
			}
		})
	}
}
