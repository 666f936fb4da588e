"""Stand-ins for what training scripts log with: change one import line, and the active run gets the values.

    from runicorn.log_compat.torchvision import MetricLogger, SmoothedValue     torchvision's references
    from runicorn.log_compat.imagenet import AverageMeter, ProgressMeter        PyTorch's ImageNet example
    from runicorn.log_compat.tensorboard import SummaryWriter                   torch.utils.tensorboard
    from runicorn.log_compat.tensorboardX import SummaryWriter

They print and compute as without Runicorn. Without an active run nothing is logged, and nothing is said.
"""
