// A quad of neurons: its states, what a step makes of them, and the adjoint of that. Twin
// of cpuref/neuron.go, which gives the formulas. Needs kinds.glsl and exact.glsl. `model`
// and `reset` are specialization constants: one branch is left.

// What the neurons of a layer share, as NeuronConstants of kernels/neuron.go lists it.
struct Constants {
    float decay_membrane;
    float drive_membrane;
    float decay_synapse;
    float threshold;
    float noise_parameter0;
    float noise_parameter1;
    float surrogate_parameter0;
    float surrogate_parameter1;
    float surrogate_parameter2;
    float support_from;  // relative to the threshold, both inside
    float support_to;
    float decay_adaptation;
    float adaptation;  // what a spike adds
};

// The states of a quad, or their adjoints; states the model lacks stay 0.
struct Quad {
    vec4 membrane;
    vec4 current;
    vec4 adaptation;
};

const Quad RESTING = Quad(vec4(0.0), vec4(0.0), vec4(0.0));

// Those of a sample lie one after another in a buffer: [state][quad].
bool has_current(uint model) { return model == NEURON_LIF || model == NEURON_ADAPTIVE; }

bool adapts(uint model) { return model == NEURON_ADAPTIVE; }

uint states_of(uint model) { return adapts(model) ? 3u : has_current(model) ? 2u : 1u; }

// Rows of what cpuref.LearnedConstants writes; of the derivatives one for each constant.
const uint ROW_DECAY_MEMBRANE = 0u;
const uint ROW_DRIVE_MEMBRANE = 1u;
const uint ROW_DECAY_SYNAPSE = 2u;
const uint ROW_THRESHOLD = 3u;
const uint ROW_RAISED = 4u;
const uint ROW_DECAY_ADAPTATION = 5u;
const uint ROW_ADAPTATION = 6u;
const uint ROW_STEEPNESS = 7u;
const uint ROW_SLOPES = 8u;

// The constants of the neurons of a quad, where constants are learned; as
// cpuref/learned_constants.go lists it.
struct Own {
    vec4 decay_membrane;
    vec4 drive_membrane;
    vec4 decay_synapse;
    vec4 threshold;
    vec4 raised;
    vec4 decay_adaptation;
    vec4 adaptation;
    vec4 steepness;  // of a learned β of the escape noise
};

// The shared constants, in the form of a quad's own.
Own shared_constants(Constants c) {
    return Own(vec4(c.decay_membrane), vec4(c.drive_membrane), vec4(c.decay_synapse), vec4(c.threshold), vec4(0.0),
               vec4(c.decay_adaptation), vec4(c.adaptation), vec4(1.0));
}

#define LOAD_OWN(own, quad, quads)                              \
    own.decay_membrane = varied[ROW_DECAY_MEMBRANE * (quads) + (quad)]; \
    own.drive_membrane = varied[ROW_DRIVE_MEMBRANE * (quads) + (quad)]; \
    own.decay_synapse = varied[ROW_DECAY_SYNAPSE * (quads) + (quad)]; \
    own.threshold = varied[ROW_THRESHOLD * (quads) + (quad)];   \
    own.raised = varied[ROW_RAISED * (quads) + (quad)];         \
    own.decay_adaptation = varied[ROW_DECAY_ADAPTATION * (quads) + (quad)]; \
    own.adaptation = varied[ROW_ADAPTATION * (quads) + (quad)]; \
    own.steepness = varied[ROW_STEEPNESS * (quads) + (quad)];

// What escape noise compares with the threshold, at the configured β.
vec4 above_rest(uint model, bool varied_constants, Own c, Quad quad) {
    precise vec4 above = quad.membrane;
    if (adapts(model)) {
        above = above - quad.adaptation;
    }
    if (varied_constants) {
        above = above - c.raised;
    }
    return above;
}

// The same at a learned β.
vec4 potential(uint model, bool varied_constants, bool steep, Own c, Quad quad) {
    vec4 above = above_rest(model, varied_constants, c, quad);
    if (!steep) {
        return above;
    }
    precise vec4 distance = above - vec4(1.0);
    precise vec4 steepened = distance * c.steepness;
    precise vec4 moved = steepened + vec4(1.0);
    return moved;
}

// Advances a quad from step t to t+1; received is h[t], spike is S[t]. Returns what a spike
// subtracts from the membrane.
vec4 advance(uint model, uint reset, Own c, inout Quad quad, vec4 received, vec4 spike) {
    precise vec4 drive = received;
    if (has_current(model)) {
        drive = c.drive_membrane * quad.current;
        precise vec4 held = c.decay_synapse * quad.current;
        precise vec4 charged = held + received;
        quad.current = flush_state(charged);
    }

    precise vec4 gate = vec4(1.0) - spike;
    precise vec4 leak = c.decay_membrane * quad.membrane;
    precise vec4 sum = leak + drive;
    precise vec4 next;
    vec4 lost = c.threshold;
    if (reset == RESET_MULTIPLICATIVE) {
        next = sum * gate;
        lost = flush_state(sum);
    } else if (reset == RESET_MEMBRANE_ONLY) {
        precise vec4 kept = leak * gate;
        next = kept + drive;
        lost = flush_state(leak);
    } else {
        precise vec4 taken = c.threshold * spike;
        next = sum - taken;
    }
    quad.membrane = flush_state(next);
    if (adapts(model)) {
        precise vec4 recovered = c.decay_adaptation * quad.adaptation;
        precise vec4 added = c.adaptation * spike;
        precise vec4 raised = recovered + added;
        quad.adaptation = flush_state(raised);
    }
    return lost;
}

// What the adjoint of U[t+1] passes to the leak.
vec4 leaked(uint reset, vec4 membrane, vec4 spike) {
    return reset == RESET_SUBTRACTIVE ? membrane : mix(membrane, vec4(0.0), greaterThan(spike, vec4(0.0)));
}

// And to the drive.
vec4 driven(uint reset, vec4 membrane, vec4 spike) {
    return reset == RESET_MULTIPLICATIVE ? leaked(reset, membrane, spike) : membrane;
}

// ∂L/∂h[t], of the adjoints at t+1.
vec4 received_error(uint model, uint reset, Quad adjoint, vec4 spike) {
    return has_current(model) ? adjoint.current : driven(reset, adjoint.membrane, spike);
}

// The lowest four bits, those of a quad, each as a number.
uvec4 each_of(uint bits) { return (uvec4(bits) >> uvec4(0u, 1u, 2u, 3u)) & 1u; }

// Which neurons of a quad cannot spike, as four bits: those that spiked in one of the given number of
// steps before. Bit i of recent is the spike i + 1 steps before.
uint resting(uvec4 recent, uint refractory) {
    bvec4 rests = notEqual(recent & ((1u << refractory) - 1u), uvec4(0u));
    return uint(rests.x) | uint(rests.y) << 1 | uint(rests.z) << 2 | uint(rests.w) << 3;
}

// Derivatives of the loss with respect to the constants of a quad, added up.
struct Sums {
    vec4 tau_membrane;
    vec4 tau_synapse;
    vec4 threshold;
    vec4 tau_adaptation;
    vec4 adaptation;
    vec4 noise_beta;
};

// Adds what a step brings to them: held are the states at t, adjoint the adjoints at t+1.
void add_constants(uint model, uint reset, Own c, inout Sums sums, Quad held, Quad adjoint, vec4 sloped, vec4 spike) {
    precise vec4 leaking = leaked(reset, adjoint.membrane, spike) * held.membrane;
    precise vec4 tau_membrane = sums.tau_membrane + flush_state(leaking);
    if (has_current(model)) {
        precise vec4 driving = driven(reset, adjoint.membrane, spike) * held.current;
        tau_membrane = tau_membrane - flush_state(driving);
        precise vec4 charging = adjoint.current * held.current;
        precise vec4 tau_synapse = sums.tau_synapse + flush_state(charging);
        sums.tau_synapse = tau_synapse;
    }
    sums.tau_membrane = tau_membrane;
    precise vec4 threshold = sums.threshold - flush_state(sloped);
    if (reset == RESET_SUBTRACTIVE) {
        precise vec4 taken = adjoint.membrane * spike;
        threshold = threshold - taken;
    }
    sums.threshold = threshold;
    if (adapts(model)) {
        precise vec4 recovering = adjoint.adaptation * held.adaptation;
        precise vec4 tau_adaptation = sums.tau_adaptation + flush_state(recovering);
        sums.tau_adaptation = tau_adaptation;
        precise vec4 raising = adjoint.adaptation * spike;
        precise vec4 adaptation = sums.adaptation + raising;
        sums.adaptation = adaptation;
    }
    precise vec4 distance = above_rest(model, true, c, held) - vec4(1.0);
    precise vec4 steepening = sloped * distance;
    precise vec4 noise_beta = sums.noise_beta + flush_state(steepening);
    sums.noise_beta = noise_beta;
}

// Takes the adjoints of a quad from step t+1 to t: spike_adjoint is ∂L/∂S[t] by all ways
// but the neuron's own states, slope the surrogate derivative at U[t] − A[t], lost what
// advance returned. Returns what ∂L/∂S[t] passes to the potential.
vec4 retreat(uint model, uint reset, bool differentiate_reset, Own c, inout Quad adjoint, vec4 spike_adjoint,
             vec4 slope, vec4 lost, vec4 spike) {
    precise vec4 arrived = spike_adjoint;
    if (differentiate_reset) {
        precise vec4 share = lost * adjoint.membrane;
        arrived = arrived - share;
    }
    if (adapts(model)) {
        precise vec4 raising = c.adaptation * adjoint.adaptation;
        arrived = arrived + raising;
    }
    if (has_current(model)) {
        precise vec4 held = c.decay_synapse * adjoint.current;
        precise vec4 driving = c.drive_membrane * driven(reset, adjoint.membrane, spike);
        precise vec4 next_current = held + driving;
        adjoint.current = flush_state(next_current);
    }

    precise vec4 leaking = c.decay_membrane * leaked(reset, adjoint.membrane, spike);
    precise vec4 sloped = slope * flush_state(arrived);
    precise vec4 next = leaking + sloped;
    adjoint.membrane = flush_state(next);
    if (adapts(model)) {
        precise vec4 recovering = c.decay_adaptation * adjoint.adaptation;
        precise vec4 raised = recovering - sloped;
        adjoint.adaptation = flush_state(raised);
    }
    return sloped;
}

#define LOAD_STATES(array, quad, at, quads)           \
    quad.membrane = array[at];                        \
    if (has_current(MODEL)) {                         \
        quad.current = array[(at) + (quads)];         \
    }                                                 \
    if (adapts(MODEL)) {                              \
        quad.adaptation = array[(at) + 2u * (quads)]; \
    }

#define STORE_STATES(array, quad, at, quads)          \
    array[at] = quad.membrane;                        \
    if (has_current(MODEL)) {                         \
        array[(at) + (quads)] = quad.current;         \
    }                                                 \
    if (adapts(MODEL)) {                              \
        array[(at) + 2u * (quads)] = quad.adaptation; \
    }
