"""Muon for the attention matrices: momentum, made orthogonal by Newton-Schulz steps, all matrices of a shape at once."""
import torch


def orthogonal(g, steps=5):
    """g [n, rows, columns], rows <= columns -> nearly orthogonal matrices, in bf16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    x = x / (x.float().flatten(1).norm(dim=1) + 1e-7)[:, None, None].bfloat16()
    for _ in range(steps):
        s = x @ x.transpose(1, 2)
        x = a * x + (b * s + c * (s @ s)) @ x
    return x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, then `orthogonal`; the step is scaled by sqrt(max(1, rows / columns))."""

    def __init__(self, params, lr=0.02, momentum=0.95, weight_decay=0.0, steps=4):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay, steps=steps))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is not None:
                    flip = p.shape[0] > p.shape[1]
                    shapes.setdefault((min(p.shape), max(p.shape), flip), []).append(p)
            for (_, _, flip), params in shapes.items():
                self._step_shape(group, params, flip)

    def _step_shape(self, group, params, flip):
        updates = []
        for p in params:
            state = self.state[p]
            if "momentum" not in state:
                state["momentum"] = torch.zeros_like(p)
            m = state["momentum"]
            m.lerp_(p.grad, 1 - group["momentum"])
            u = p.grad.lerp(m, group["momentum"])
            updates.append(u.t() if flip else u)
        done = orthogonal(torch.stack(updates), group["steps"]).float()
        for p, u in zip(params, done):
            u = u.t() if flip else u
            if group["weight_decay"]:
                p.mul_(1 - group["lr"] * group["weight_decay"])
            p.add_(u, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)
