package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
)

// InterruptedError means that a run was cancelled, and says where it can be resumed. It wraps the error of the
// context.
type InterruptedError struct {
	Folder  string
	Updates int
	Epoch   int // the first is 1
	Cause   error
}

func (e *InterruptedError) Error() string {
	return fmt.Sprintf("interrupted in epoch %d after update %d: resume with --resume %s", e.Epoch, e.Updates, e.Folder)
}

func (e *InterruptedError) Unwrap() error { return e.Cause }

// complete trains what is left to train and then finishes the run.
func (r *run) complete(ctx context.Context) (*Summary, error) {
	weights := 0
	for _, w := range r.network.Weights() {
		weights += w.Rows * w.Columns
	}
	r.observer.OnStart(Start{
		Device: r.description.Device, Driver: r.description.Driver,
		Train: r.split.Train.Len(), Validation: r.split.Validation.Len(), Test: r.split.Test.Len(),
		Split: r.split, Weights: weights, Epochs: r.config.Training.Epochs,
		Finished: r.progress.Epochs, Updates: r.progress.Updates,
	})
	if idle := r.ranks.idle(min(r.config.Training.Batch, r.split.Train.Len())); idle != "" {
		r.observer.OnWarning(idle)
	}
	// The first checkpoint shows early that the folder can hold them, and drops rows of metrics that are not in the
	// checkpoint resumed from.
	err := r.save()
	if err == nil {
		err = r.writeMetrics()
	}
	if err == nil {
		err = r.ranks.First(func() error { return r.board.open(r) })
		defer r.board.close()
	}
	for err == nil && !r.ended() {
		if err = r.trainEpoch(ctx); err == nil {
			err = r.endEpoch(ctx)
		}
	}
	var summary *Summary
	if err == nil {
		summary, err = r.finish(ctx)
	}
	return summary, r.ranks.End(ctx, r.explain(ctx, err))
}

// ended reports whether all epochs are trained, or validation has not improved for long enough.
func (r *run) ended() bool {
	p, t := &r.progress, &r.config.Training
	return p.Epochs >= t.Epochs || t.Patience > 0 && p.Best != nil && p.Epochs-p.Best.Epoch >= t.Patience
}

// explain turns the error that ended a run early into one for its user.
func (r *run) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		if err := r.save(); err != nil {
			return err
		}
		epoch := min(r.progress.Epochs+1, r.config.Training.Epochs)
		return &InterruptedError{r.options.Folder, r.progress.Updates, epoch, err}
	}
	var overflow *engine.NotFiniteError
	if errors.As(err, &overflow) && r.ranks.Leads() {
		return fmt.Errorf("epoch %d, after update %d: %w; %s", r.progress.Epochs+1, r.progress.Updates, err, r.lastGood())
	}
	return err
}

// lastGood names the newest checkpoint, whose weights are finite.
func (r *run) lastGood() string {
	saved, err := loadCheckpoint(r.options.Folder, r.observer.OnWarning)
	if err != nil || saved == nil {
		return "there is no checkpoint"
	}
	return fmt.Sprintf("the last valid checkpoint, after update %d, is in %s", saved.Progress.Updates, r.options.Folder)
}

// trainEpoch presents the remaining samples of the current epoch.
func (r *run) trainEpoch(ctx context.Context) error {
	p, t, source := &r.progress, &r.config.Training, r.split.Train
	order := data.Order(source.Len(), r.config.Seed, uint32(p.Epochs))
	began := time.Now()
	presented := data.Presentations{
		Source: source, Samples: order[p.Position:],
		First: uint32(p.Epochs*len(order) + p.Position), Batch: t.Batch,
	}
	if r.learner == nil { // which runs other batches, made from these
		presented.Filled = r.engine.Prepare
	}
	for batch, err := range r.loader.Batches(ctx, presented) {
		if err != nil {
			return err
		}
		outcome, err := r.gradient(ctx, batch)
		if err != nil {
			return err
		}
		update := updateOf(&t.Optimizer, p.Updates+1)
		update.LearningRate = float64(update.LearningRate * t.Schedule.rate(p.Epochs))
		update.ClipNorm = t.ClipNorm
		if err := r.engine.Update(update); err != nil {
			return err
		}
		p.Updates++
		p.Position += batch.Samples()
		p.Partial.add(outcome)
		p.Partial.Seconds += time.Since(began).Seconds()
		r.report(len(order))
		r.board.update(r, outcome, update.LearningRate)
		if t.Checkpoint > 0 && p.Updates%t.Checkpoint == 0 && p.Position < len(order) {
			if err := r.save(); err != nil {
				return err
			}
		}
		began = time.Now()
	}
	return nil
}

// gradient runs a batch and leaves the gradient in the engine.
func (r *run) gradient(ctx context.Context, batch *engine.Batch) (engine.Outcome, error) {
	if r.learner != nil {
		return r.learner.Gradient(ctx, batch)
	}
	return r.engine.Gradient(batch, cpuref.StreamNoise, nil)
}

func (r *run) report(samples int) {
	p := &r.progress
	spikes, _ := p.Partial.spikesPerNeuron(r.network)
	r.observer.OnBatch(Progress{
		Phase: PhaseTraining, Epoch: p.Epochs + 1, Epochs: r.config.Training.Epochs,
		Done: p.Position, Samples: samples, Updates: p.Updates,
		Loss: p.Partial.loss(), Accuracy: p.Partial.accuracy(), SpikesPerNeuron: spikes,
		SamplesPerSecond: perSecond(p.Partial.Samples, p.Partial.Seconds),
	})
}

// endEpoch validates, records the epoch and saves.
func (r *run) endEpoch(ctx context.Context) error {
	p := &r.progress
	began := time.Now()
	spikes, layers := p.Partial.spikesPerNeuron(r.network)
	epoch := Epoch{
		Epoch: p.Epochs + 1, Updates: p.Updates,
		TrainLoss: p.Partial.loss(), TrainAccuracy: p.Partial.accuracy(),
		Regularizer:     p.Partial.Regularizer / float64(max(p.Partial.Samples, 1)),
		SpikesPerNeuron: spikes, LayerSpikes: layers,
		TrainSeconds:     p.Partial.Seconds,
		SamplesPerSecond: perSecond(p.Partial.Samples, p.Partial.Seconds),
	}
	if r.split.Validation.Len() > 0 {
		found, err := r.evaluate(ctx, r.engine, r.split.Validation, PhaseValidation)
		if err != nil {
			return err
		}
		epoch.ValidationLoss, epoch.ValidationAccuracy = &found.Loss, &found.Accuracy
		if err := r.keepBest(epoch.Epoch, found); err != nil {
			return err
		}
	}
	var err error
	if epoch.LearnedConstants, err = r.constantsNow(); err != nil {
		return err
	}
	epoch.Seconds = epoch.TrainSeconds + time.Since(began).Seconds()
	p.History = append(p.History, epoch)
	p.Epochs, p.Position, p.Partial = epoch.Epoch, 0, totals{}
	if err := r.save(); err != nil {
		return err
	}
	if err := r.writeMetrics(); err != nil {
		return err
	}
	r.observer.OnEpoch(epoch)
	r.board.state(r)
	return nil
}

// keepBest records the epoch if it is better than all before.
func (r *run) keepBest(epoch int, found Evaluation) error {
	old := r.progress.Best
	if old != nil && (found.Accuracy < old.Accuracy || found.Accuracy == old.Accuracy && found.Loss >= old.Loss) {
		return nil
	}
	r.progress.Best = &best{epoch, found.Accuracy, found.Loss}
	if r.config.Training.Keep != "best" {
		return nil
	}
	var err error
	r.best, err = r.engine.Weights()
	return err
}

// evaluate evaluates and reports.
func (r *run) evaluate(ctx context.Context, e engine.Engine, source data.Source, phase Phase) (Evaluation, error) {
	epoch := min(r.progress.Epochs+1, r.config.Training.Epochs)
	return Evaluate(ctx, e, r.network, source, r.config.Training.EvaluationBatch, &r.filler, func(found Evaluation) {
		r.observer.OnBatch(Progress{
			Phase: phase, Epoch: epoch, Epochs: r.config.Training.Epochs,
			Done: found.Samples, Samples: source.Len(), Updates: r.progress.Updates,
			Loss: found.Loss, Accuracy: found.Accuracy, SpikesPerNeuron: found.SpikesPerNeuron,
		})
	})
}

// save writes a checkpoint unless there is already one of this moment. Numbers that are not finite are never saved,
// so that the checkpoint in the folder can be resumed from.
func (r *run) save() error {
	here := point{r.progress.Epochs, r.progress.Position}
	if r.saved != nil && *r.saved == here {
		return nil
	}
	weights, err := r.engine.Weights()
	if err != nil {
		return err
	}
	states, err := r.engine.Optimizer()
	if err != nil {
		return err
	}
	if err := r.ranks.First(func() error { return r.checkFinite(weights, states) }); err != nil {
		return err
	}
	if err := r.ranks.same(weights, states, r.progress.Updates); err != nil {
		return err
	}
	c := &checkpoint{
		checkpointHeader: checkpointHeader{
			Config: r.config.Commented(), Data: r.dataShape(),
			Arrays: r.network.Weights(), Best: r.best != nil, Progress: r.progress,
		},
		weights: weights, states: states, best: r.best,
	}
	if len(states) > 0 {
		c.States = len(states[0])
	}
	r.board.sync()
	if err := r.ranks.First(func() error { return saveCheckpoint(r.options.Folder, c) }); err != nil {
		return err
	}
	r.saved = &here
	return nil
}

// checkFinite returns an error if weights or optimizer states are not finite.
func (r *run) checkFinite(weights [][]float32, states [][][]float32) error {
	for i, w := range r.network.Weights() {
		if !finite(weights[i]) {
			return r.diverged("weights " + w.Name)
		}
		for _, state := range states[i] {
			if !finite(state) {
				return r.diverged("the optimizer's states of weights " + w.Name)
			}
		}
	}
	return nil
}

// writeMetrics writes the metrics of the epochs so far.
func (r *run) writeMetrics() error {
	return r.ranks.First(func() error { return writeMetrics(r.options.Folder, r.progress.History, len(r.network.Layers)) })
}

func (r *run) diverged(what string) error {
	return fmt.Errorf("epoch %d, after update %d: %s are no longer finite: use a smaller learning rate or initial weights; %s",
		r.progress.Epochs+1, r.progress.Updates, what, r.lastGood())
}
