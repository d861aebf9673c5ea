"""Linear prediction of many frames at once, and the residual that it leaves of a signal.

The autocorrelation method (Makhoul, "Linear prediction: a tutorial review", Proc. IEEE 1975): the
frames of a signal share one Levinson-Durbin recursion that runs along all of them.  A frame that
holds nothing, or no more than rounding errors once it is predicted, is predicted by what was found
up to there, never by NaN.  No gain, no reflection coefficients and no whole-file scaling are given.
"""

# F = frames, L = samples of a frame, K = prediction order + 1, N = samples of the signal,
# B = bins of a frame's spectrum, J = hops that a frame covers, H = samples of a hop

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from ...types import F64

CHUNK = 256  # frames worked on at once: their spectra stay in the cache
ROUNDING = 1e-14  # share of a frame's energy below which a prediction error is rounding error


def lpc(frames_FL: F64, order: int) -> F64:
    """Predict each frame linearly from its own past, by the autocorrelation method.

    Frames are taken as they come: no window is laid on them.  Zeros appended to a frame change
    nothing, so that frames of several lengths may share one padded batch.

    Parameters
    ----------
    frames_FL : float64 array of shape (F, L)
        Frames, already windowed, finite.
    order : int >= 0
        How many past samples predict the next.

    Returns
    -------
    float64 array of shape (F, order + 1)
        Inverse filters ``1, a_1, ..., a_order``: the prediction error is
        ``x[n] + a_1 x[n-1] + ...``.  A frame of zeros gives ``1, 0, ..., 0``.
    """
    return levinson(autocorrelation(frames_FL, order))


def autocorrelation(frames_FL: F64, order: int) -> F64:
    """Sum the products of each frame with itself, shifted by 0 to `order` samples: (F, K)."""
    length = frames_FL.shape[1]
    r_FK = np.zeros((frames_FL.shape[0], order + 1))
    for lag in range(min(order + 1, length)):
        shifted_FL = frames_FL[:, lag:]
        np.einsum("fl,fl->f", frames_FL[:, : length - lag], shifted_FL, out=r_FK[:, lag])
    return r_FK


def levinson(r_FK: F64) -> F64:
    """Solve the normal equations of linear prediction for many autocorrelations at once.

    Parameters
    ----------
    r_FK : float64 array of shape (F, K)
        Autocorrelation at lags 0 to K - 1.

    Returns
    -------
    float64 array of shape (F, K)
        Inverse filters, leading 1; see `lpc`.  A recursion stops where the error that is left
        falls below `ROUNDING` of the energy: later coefficients are then 0.
    """
    r_KF = np.ascontiguousarray(r_FK.T)
    a_KF = np.zeros_like(r_KF)
    a_KF[0] = 1.0
    error_F = r_KF[0].copy()
    floor_F = ROUNDING * error_F
    going_F = error_F > 0
    for m in range(1, r_KF.shape[0]):
        ahead_F = np.einsum("kf,kf->f", a_KF[:m], r_KF[m:0:-1])
        reflection_F = np.divide(-ahead_F, error_F, out=np.zeros_like(error_F), where=going_F)
        a_KF[1 : m + 1] += reflection_F * a_KF[m - 1 :: -1]
        error_F = error_F * (1.0 - reflection_F**2)
        going_F &= error_F > floor_F
    return np.ascontiguousarray(a_KF.T)


def lp_residual(
    x_N: F64,
    rate_hz: int,
    order: int,
    *,
    predict_N: F64 | None = None,
    window_s: float = 0.025,
    hop_s: float = 0.005,
) -> F64:
    """Take out of a signal what linear prediction knows of it: what is left is the excitation.

    Each Hanning-windowed frame is filtered by its own inverse filter, brought back to the energy
    that it had, and added where it lay.  The result is not divided by its largest value, which is a
    matter of the whole recording.

    Parameters
    ----------
    x_N : float64 array of shape (N,)
        Signal.
    rate_hz : int > 0
        Samples per second.
    order : int > 0
        Prediction order.
    predict_N : float64 array of shape (N,), optional
        Signal whose frames give the inverse filters; default `x_N` itself.
    window_s, hop_s : float > 0
        Length and step of the frames, in seconds; a frame has one sample more.

    Returns
    -------
    float64 array of shape (N,)
        Residual.  Zero where frames hold one value (digital silence, with an offset or without),
        and behind the last frame, which ends before the last sample.

    References
    ----------
    Drugman & Alwan, "Joint robust voicing detection and pitch estimation based on residual
    harmonics", Interspeech 2011.
    """
    length = int(np.floor(window_s * rate_hz + 0.5)) + 1
    hop = int(np.floor(hop_s * rate_hz + 0.5))
    count = max(0, -(-(x_N.size - length) // hop))  # the last sample stays outside: see Returns
    blocks = -(-length // hop)
    out_JH = np.zeros((count + blocks, hop))
    window_L = np.hanning(length)  # zero at both ends: only so the references' closures come out
    points = next_fast_len(length + order, real=True)
    delay_KB, cosine_BK = _bases(order + 1, points)
    changes_N = np.concatenate([[0], np.cumsum(np.diff(x_N) != 0)])
    first_F = hop * np.arange(count)
    varies_F = changes_N[first_F + length - 1] > changes_N[first_F]
    for first in range(0, count, CHUNK):
        last = min(first + CHUNK, count)
        span = slice(first * hop, (last - 1) * hop + length)
        frames_FL = _frames(x_N[span], length, hop) * window_L
        spectrum_FB = rfft(frames_FL, points)
        model_FB = spectrum_FB
        if predict_N is not None:
            model_FB = rfft(_frames(predict_N[span], length, hop) * window_L, points)
        a_FK = levinson((model_FB.real**2 + model_FB.imag**2) @ cosine_BK)
        inverse_FB = (a_FK @ delay_KB.view(np.float64)).view(np.complex128)  # a real product
        left_FL = irfft(spectrum_FB * inverse_FB, points)[:, :length]
        before_F = np.einsum("fl,fl->f", frames_FL, frames_FL)
        after_F = np.einsum("fl,fl->f", left_FL, left_FL)
        # A frame of one value has nothing to predict: what its window leaves would come out every
        # 5 ms, and pass for a voice of 200 Hz.
        sounds_F = varies_F[first:last] & (after_F > 0)
        gain_F = np.sqrt(np.divide(before_F, after_F, out=np.zeros_like(after_F), where=sounds_F))
        padded_FL = np.zeros((last - first, blocks * hop))
        np.multiply(left_FL, gain_F[:, None], out=padded_FL[:, :length])
        for j in range(blocks):
            out_JH[first + j : last + j] += padded_FL[:, j * hop : (j + 1) * hop]
    residual_N = np.zeros(x_N.size)
    written = out_JH.reshape(-1)[: x_N.size]
    residual_N[: written.size] = written
    return residual_N


def _bases(lags: int, points: int) -> tuple[npt.NDArray[np.complex128], F64]:
    """Spectra of delays by 0, 1, ... samples, and what sums a power spectrum into lags: (B, K)."""
    delay_KB = rfft(np.eye(lags, points))
    halves_B = np.full(delay_KB.shape[1], 2.0 / points)  # a bin stands for its mirror image, too
    halves_B[0] /= 2
    if points % 2 == 0:
        halves_B[-1] /= 2
    return delay_KB, np.ascontiguousarray((delay_KB.real * halves_B).T)


def _frames(x_N: F64, length: int, hop: int) -> F64:
    """View a signal as its whole frames."""
    return np.lib.stride_tricks.sliding_window_view(x_N, length)[::hop]
