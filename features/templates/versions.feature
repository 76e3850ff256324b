# language: ko
기능: 템플릿의 버전
  저장한 내용은 바뀌지 않습니다. 고치면 새 버전이 되고, 초안으로 두거나 이전 버전으로 되돌릴 수 있습니다.

  배경:
    Given a shop that pushes to iPhones and Android phones
    Given the template "welcome" says "첫 번째"

  시나리오: 내용을 고치면 새 버전이 됩니다
    When the shop changes "welcome" to "두 번째"
    Then version 2 of "welcome" is active and says "두 번째"
    And version 1 of "welcome" still says "첫 번째"

  시나리오: 초안은 활성화할 때까지 쓰이지 않습니다
    When the shop drafts "두 번째" for "welcome"
    Then version 1 of "welcome" is active and says "첫 번째"
    When the shop activates version 2 of "welcome"
    Then version 2 of "welcome" is active and says "두 번째"

  시나리오: 이전 버전으로 되돌립니다
    When the shop changes "welcome" to "두 번째"
    And the shop activates version 1 of "welcome"
    Then version 1 of "welcome" is active and says "첫 번째"

  시나리오: 보낼 때 고정한 버전은 템플릿을 고쳐도 그대로입니다
    Given a sender has pinned "welcome"
    When the shop changes "welcome" to "두 번째"
    Then the sender still has "첫 번째"

  시나리오: 두 사람이 동시에 고치면 늦은 사람이 알게 됩니다
    Given a colleague has read "welcome"
    When the shop changes "welcome" to "두 번째"
    And the colleague changes "welcome" to "세 번째"
    Then this is refused, because somebody else was quicker
    And version 2 of "welcome" is active and says "두 번째"

  시나리오: 같은 이름은 한 번만 쓸 수 있고, 보관하면 다시 쓸 수 있습니다
    When the shop saves the template "welcome" that says "다른 내용"
    Then this is refused, because the name is taken
    When the shop archives "welcome"
    And the shop saves the template "welcome" that says "다른 내용"
    Then version 1 of "welcome" is active and says "다른 내용"
