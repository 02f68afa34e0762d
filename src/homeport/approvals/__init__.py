"""Every question that waits for the owner, and the six-digit code that ties a question to the screen that shows it."""

from homeport.approvals.desk import ApprovalDesk, NewApproval
from homeport.approvals.states import Approval, ApprovalState

__all__ = ["Approval", "ApprovalDesk", "ApprovalState", "NewApproval"]
