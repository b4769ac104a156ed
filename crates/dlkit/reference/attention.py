"""Prints what PyTorch gives: the tables in the tests of src/ops/{gelu,layer_norm,attention}.rs and of the layers built on them.

    pip install torch && python attention.py
"""
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

def wave(*shape, step=0.7):
    """sin(step), sin(2 step), ...: inputs that a test can make again."""
    count = math.prod(shape)
    return torch.sin(step * torch.arange(1, count + 1)).reshape(shape)

def show(name, tensor):
    numbers = ", ".join(f"{value:.6f}" for value in tensor.detach().flatten().tolist())
    print(f"{name}: [{numbers}]")

x = torch.tensor([-3, -1, -0.25, 0, 0.5, 2, 4])
show("GELU", F.gelu(x))

x = wave(2, 3).requires_grad_()
gamma, beta = torch.tensor([0.5, 1.0, 2.0], requires_grad=True), torch.tensor([0.1, 0.0, -0.1], requires_grad=True)
y = F.layer_norm(x, (3,), gamma, beta, eps=1e-3)
(y * wave(2, 3, step=1.3)).sum().backward()
for name, tensor in [("layer_norm", y), ("dx", x.grad), ("dgamma", gamma.grad), ("dbeta", beta.grad)]:
    show(name, tensor)

# Two heads of two numbers, three steps, causal; then with the last key masked.
q, k, v = (wave(1, 3, 4, step=s).requires_grad_() for s in (0.7, 1.1, 1.9))

def heads(t):
    return t.view(1, 3, 2, 2).transpose(1, 2)

for name, settings in [("causal", {"is_causal": True}), ("padding", {"attn_mask": torch.tensor([True, True, False]).view(1, 1, 1, 3)})]:
    y = F.scaled_dot_product_attention(heads(q), heads(k), heads(v), **settings).transpose(1, 2).reshape(1, 3, 4)
    dq, dk, dv = torch.autograd.grad((y * wave(1, 3, 4, step=1.3)).sum(), (q, k, v))
    for part, tensor in [("y", y), ("dq", dq), ("dk", dk), ("dv", dv)]:
        show(f"{name} {part}", tensor)

# A multi-head self-attention of width 4 with two heads. The kernels are waves; PyTorch keeps them transposed.
layer = torch.nn.MultiheadAttention(4, 2, batch_first=True)
kernels, output = [wave(4, 4, step=s) for s in (0.31, 0.37, 0.41)], wave(4, 4, step=0.43)
biases = [wave(4, step=s) for s in (0.53, 0.59, 0.61)]
with torch.no_grad():
    layer.in_proj_weight.copy_(torch.cat([kernel.T for kernel in kernels]))
    layer.in_proj_bias.copy_(torch.cat(biases))
    layer.out_proj.weight.copy_(output.T)
    layer.out_proj.bias.copy_(wave(4, step=0.67))
x = wave(1, 3, 4)
y, weights = layer(x, x, x, attn_mask=torch.ones(3, 3).triu(1).bool(), average_attn_weights=False)
show("multi_head y", y)
show("multi_head weights", weights)

# A pre-norm causal block with a tanh gelu: residual around attention, residual around two dense layers.
up, down = wave(4, 8, step=0.29), wave(8, 4, step=0.23)
z = F.layer_norm(x, (4,), eps=1e-3)
h = x + layer(z, z, z, attn_mask=torch.ones(3, 3).triu(1).bool())[0]
z = F.layer_norm(h, (4,), eps=1e-3)
show("block pre-norm", h + F.gelu(z @ up, approximate="tanh") @ down)
h = F.layer_norm(x + layer(x, x, x)[0], (4,), eps=1e-3)
show("block post-norm", F.layer_norm(h + F.relu(h @ up) @ down, (4,), eps=1e-3))
