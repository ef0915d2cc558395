package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"spikegrad/host/engine"
	"spikegrad/host/train"
	"spikegrad/host/view"
	"spikegrad/host/view/scene"
)

// viewCommand is spikegrad view.
type viewCommand struct {
	Folder string `arg:"" name:"run" help:"Folder of a finished run."`

	otherData
	Part   string `default:"test" enum:"test,validation,train" help:"Samples to show: test, validation or train."`
	Device string `default:"auto" help:"Device to run the network on: auto, cpu, vulkan:N or vulkan:NAME (see 'spikegrad devices')."`
}

// Help returns the detailed help.
func (viewCommand) Help() string {
	text := `Shows samples passing through a trained network, each time with fresh noise: the spikes of all
layers, the readout, the weights, the learning curve, and any neuron you pick with the mouse. 'train --view'
shows the same while a network trains; closing or freezing that window never affects training.

Keys and mouse:

`
	for _, key := range scene.Keys {
		text += fmt.Sprintf("    %-8s  %s\n", key.Key, key.Effect)
	}
	return text + `
Examples:

    spikegrad view runs/first
    spikegrad view runs/first --part train --device vulkan:0`
}

// Run shows the window until it is closed.
func (c *viewCommand) Run(a *app) (err error) {
	t, err := a.openTrained(c.Folder, c.otherData, c.Device)
	if err != nil {
		return err
	}
	w, err := view.New(view.Options{Title: viewTitle(&t.config), Device: t.choice, CacheDir: pipelineCache()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	history := &scene.History{}
	epochs, err := train.ReadEpochs(c.Folder)
	if err != nil {
		return err
	}
	updates := 0
	for _, epoch := range epochs {
		history.Add(epoch.TrainLoss, epoch.Updates-updates)
		if updates = epoch.Updates; epoch.ValidationLoss != nil {
			history.Validate(updates, *epoch.ValidationLoss)
		}
	}
	err = w.Show(view.Finished{
		Network: t.network, Weights: t.weights, Source: t.part(c.Part), Part: c.Part, Seed: t.config.Seed,
		History: history, Note: fmt.Sprintf("%s · %d epochs · update %d", c.Folder, len(epochs), updates),
	})
	if err != nil {
		return err
	}
	return w.Loop(a.ctx, nil)
}

func viewTitle(config *train.Config) string {
	return fmt.Sprintf("spikegrad · %s · seed %d", config.Data.Name, config.Seed)
}

// viewTraining trains a network beside a window that shows it. The window stays open until
// it is closed, and training runs to its end, whichever comes first.
func viewTraining(a *app, config *train.Config, choice engine.Choice, options *train.Options, work func() error) error {
	w, err := view.New(view.Options{Title: viewTitle(config), Device: choice, CacheDir: pipelineCache(), PictureDir: ""})
	if err != nil {
		return err
	}
	options.Open, options.Observer = w.Open, w.Observer(options.Observer)
	ended := make(chan struct{})
	var failure error
	go func() {
		defer close(ended)
		failure = work()
	}()
	// A window failure is no reason to end training.
	if err := w.Loop(context.Background(), ended); err != nil {
		fmt.Fprintln(a.errors, "spikegrad: warning: the window has failed and was closed:", oneLine(err))
	}
	<-ended
	if out, ok := a.out.(*bufio.Writer); ok && failure == nil {
		failure = out.Flush() // the summary is wanted now, not when the window is closed
	}
	if failure == nil {
		failure = w.Loop(a.ctx, nil)
	}
	return errors.Join(failure, w.Close())
}
